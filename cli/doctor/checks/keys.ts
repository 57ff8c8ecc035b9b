import type { KeyFacts } from '../../../functions/adapters/aws/inspection.ts';
import { error, type Finding, notKnown, orOk, warning } from '../finding.ts';
import { deniesOtherOpeners, deniesWithoutContext } from '../key-policy.ts';
import type { Known } from '../known.ts';
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
