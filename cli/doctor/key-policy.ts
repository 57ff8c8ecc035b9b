interface Statement {
  readonly Effect?: unknown;
  readonly Principal?: unknown;
  readonly Action?: unknown;
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

const NEGATED = ['ArnNotEquals', 'ArnNotLike', 'StringNotEquals', 'StringNotLike'];
const PRINCIPAL = 'aws:PrincipalArn';
const CONNECTION = 'kms:EncryptionContext:connection';

/** Does the policy deny Decrypt to every role but this one, whatever IAM policies allow? */
export function deniesOtherOpeners(policy: unknown, roleArn: string): boolean {
  return denials(policy).some(({ Condition = {} }) => {
    const conditions = Object.entries(Condition);
    const [[operator = '', keys = {}] = []] = conditions;
    // A second condition would have to hold as well, and the denial would not always bite.
    if (conditions.length !== 1 || !NEGATED.includes(operator)) return false;
    return Object.keys(keys).length === 1 && [keys[PRINCIPAL]].flat().join() === roleArn;
  });
}

/** Does the policy deny Decrypt to who names no connection? */
export function deniesWithoutContext(policy: unknown): boolean {
  return denials(policy).some(({ Condition = {} }) => {
    const conditions = Object.entries(Condition);
    const isAlone = conditions.length === 1 && Object.keys(Condition.Null ?? {}).length === 1;
    return isAlone && String([Condition.Null?.[CONNECTION]].flat()[0]) === 'true';
  });
}

/** Statements that deny Decrypt to everybody, under their conditions. */
function denials(policy: unknown): readonly Statement[] {
  const { Statement = [] } = (policy ?? {}) as { Statement?: Statement | readonly Statement[] };
  return [Statement].flat().filter(({ Effect, Principal, Action }) => {
    const everybody = Principal === '*' || (Principal as { AWS?: unknown } | undefined)?.AWS === '*';
    const decrypts = [Action].flat().some((action) => ['kms:Decrypt', 'kms:*', '*'].includes(String(action)));
    return Effect === 'Deny' && everybody && decrypts;
  });
}
