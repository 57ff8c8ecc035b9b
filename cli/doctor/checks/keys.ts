import type { KeyFacts } from '../../../functions/adapters/aws/inspection.ts';
import { error, type Finding, type Known, notKnown, orOk, warning } from '../finding.ts';
import type { VaultFacts } from '../vault-facts.ts';

const DEPLOY =
  'Deploy the vault again: npx cdk deploy. CloudTrail says who changed it (PutKeyPolicy, CreateGrant).';

export function checkRefreshKey({ refreshKey, functions }: VaultFacts): readonly Finding[] {
  const opener = functions.rotate.known ? functions.rotate.value?.roleArn : undefined;
  return checkKey('refresh-key', refreshKey, ({ policy }) =>
    opener === undefined || deniesOtherOpeners(policy, opener)
      ? []
      : [
          error(
            'refresh-key',
            "Its policy does not deny Decrypt to everybody but rotate's role: others could open refresh tokens.",
            DEPLOY,
          ),
        ],
  );
}

export function checkAccessKey({ accessKey }: VaultFacts): readonly Finding[] {
  return checkKey('access-key', accessKey, () => []);
}

function checkKey(
  check: 'refresh-key' | 'access-key',
  key: Known<KeyFacts>,
  further: (facts: KeyFacts) => readonly Finding[],
): readonly Finding[] {
  if (!key.known) return [notKnown(check, key)];
  const { state, rotating, policy, grants } = key.value;
  const found = [
    ...(state === 'Enabled' ? [] : [notUsable(check, state)]),
    ...(rotating
      ? []
      : [
          warning(
            check,
            'Its yearly rotation is off.',
            'Switch it on: aws kms enable-key-rotation, or deploy again.',
          ),
        ]),
    ...(deniesWithoutContext(policy)
      ? []
      : [error(check, 'Its policy lets it be used without naming a connection.', DEPLOY)]),
    ...grants.map(({ grantee, operations }) =>
      error(
        check,
        `A KMS grant gives ${grantee} ${operations.join(', ')}; the vault makes no grants.`,
        'Find out who made it (CloudTrail, CreateGrant), and revoke it: aws kms revoke-grant.',
      ),
    ),
    ...further(key.value),
  ];
  return orOk(found, check, 'Enabled, rotated yearly, and its policy is as the vault made it.');
}

function notUsable(check: 'refresh-key' | 'access-key', state: string): Finding {
  const message = `The key is ${state}: no token that it sealed can be opened.`;
  const remedy =
    state === 'PendingDeletion'
      ? 'At once: aws kms cancel-key-deletion, then enable-key. After the deletion every grant is lost for good.'
      : 'Enable it: aws kms enable-key.';
  return error(check, message, remedy);
}

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
