import type { KeyFacts } from '../../../functions/adapters/aws/inspection.ts';
import { error, type Finding, type Known, notKnown, orOk, warning } from '../finding.ts';
import type { VaultFacts } from '../vault-facts.ts';

const DEPLOY =
  'Redeploy the vault with `npx cdk deploy <vault> --revert-drift`. CloudTrail shows who changed it (PutKeyPolicy, CreateGrant).';

export function checkRefreshKey({ refreshKey, functions }: VaultFacts): readonly Finding[] {
  const opener = functions.rotate.known ? functions.rotate.value?.roleArn : undefined;
  return checkKey('refresh-key', refreshKey, ({ policy }) =>
    opener === undefined || deniesOtherOpeners(policy, opener)
      ? []
      : [
          error(
            'refresh-key',
            "Its policy does not deny Decrypt to all roles but rotate's: others could open refresh tokens.",
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
            'Enable it: aws kms enable-key-rotation, or redeploy the vault with --revert-drift.',
          ),
        ]),
    ...(deniesWithoutContext(policy)
      ? []
      : [error(check, 'Its policy allows its use without a connection in the encryption context.', DEPLOY)]),
    ...grants.map(({ grantee, operations }) =>
      error(
        check,
        `A KMS grant gives ${grantee} ${operations.join(', ')}. The vault creates no KMS grants.`,
        'Find out who created it (CloudTrail, CreateGrant), and revoke it: aws kms revoke-grant.',
      ),
    ),
    ...further(key.value),
  ];
  return orOk(found, check, 'It is enabled, rotated yearly, and has the policy of the vault.');
}

function notUsable(check: 'refresh-key' | 'access-key', state: string): Finding {
  const message = `The key is in state ${state}: no token sealed under it can be opened.`;
  const remedy =
    state === 'PendingDeletion'
      ? 'Run aws kms cancel-key-deletion at once, then enable-key. After the deletion every grant is lost.'
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
function deniesOtherOpeners(policy: unknown, roleArn: string): boolean {
  return denials(policy).some(({ Condition = {} }) => {
    const conditions = Object.entries(Condition);
    const [[operator = '', keys = {}] = []] = conditions;
    // A second condition would have to hold as well, so the denial would not always apply.
    if (conditions.length !== 1 || !NEGATED.includes(operator)) return false;
    return Object.keys(keys).length === 1 && [keys[PRINCIPAL]].flat().join() === roleArn;
  });
}

/** Does the policy deny Decrypt without a connection in the encryption context? */
function deniesWithoutContext(policy: unknown): boolean {
  return denials(policy).some(({ Condition = {} }) => {
    const conditions = Object.entries(Condition);
    const isAlone = conditions.length === 1 && Object.keys(Condition.Null ?? {}).length === 1;
    return isAlone && String([Condition.Null?.[CONNECTION]].flat()[0]) === 'true';
  });
}

/** Statements that deny Decrypt to every principal, under their conditions. */
function denials(policy: unknown): readonly Statement[] {
  const { Statement = [] } = (policy ?? {}) as { Statement?: Statement | readonly Statement[] };
  return [Statement].flat().filter(({ Effect, Principal, Action }) => {
    const everyPrincipal = Principal === '*' || (Principal as { AWS?: unknown } | undefined)?.AWS === '*';
    const decrypts = [Action].flat().some((action) => ['kms:Decrypt', 'kms:*', '*'].includes(String(action)));
    return Effect === 'Deny' && everyPrincipal && decrypts;
  });
}
