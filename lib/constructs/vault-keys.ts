import type { IRole } from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import type { SealPurpose } from '../iam/encryption-context.ts';
import type { TokenKeySet } from '../settings/token-key-sets.ts';
import { TokenKey, TokenKeyReplica } from './token-key.ts';
import { topLevelStackOf } from './vault-name.ts';

/** The keys of one purpose. */
export interface SealingKeys {
  /** Seals and opens. */
  readonly present: SealingKey;
  /** Former keys: they open what they sealed. */
  readonly former: readonly SealingKey[];
}

export interface SealingKey {
  readonly keyArn: string;
}

type KeyPair = NonNullable<TokenKeySet['existing']>;

export interface VaultKeysProps {
  readonly vaultName: string;
  readonly keySets: readonly TokenKeySet[];
  /** The only role that may open refresh tokens. */
  readonly refreshTokenOpener: IRole;
}

/** One key for each purpose and key set. A key that is removed from the key sets stays in the account. */
export function createVaultKeys(
  scope: Construct,
  { vaultName, keySets, refreshTokenOpener }: VaultKeysProps,
): { readonly refreshKeys: SealingKeys; readonly accessKeys: SealingKeys } {
  const keysFor = (purpose: SealPurpose, id: string, onlyOpener?: IRole): SealingKeys => {
    const arnIn = (pair: KeyPair) => (purpose === 'refresh' ? pair.refreshKeyArn : pair.accessKeyArn);
    const [present, ...former] = keySets.map(
      ({ id: keySetId, multiRegion, replicaOf, existing }): SealingKey => {
        if (existing !== undefined) return { keyArn: arnIn(existing) };
        const props = {
          purpose,
          description: `${vaultName}: seals ${purpose} tokens.`,
          ...(onlyOpener && { onlyOpener }),
        };
        // The first key set has no number in its id, so that a vault that never replaced a key keeps its key.
        const keyId = keySetId === 1 ? id : `${id}${keySetId}`;
        return replicaOf === undefined
          ? new TokenKey(scope, keyId, { ...props, multiRegion })
          : new TokenKeyReplica(scope, keyId, {
              ...props,
              primaryKeyArn: arnIn(replicaOf),
            });
      },
    );
    if (present === undefined) throw new TypeError('A vault has at least one key set.');
    return { present, former };
  };
  const refreshKeys = keysFor('refresh', 'RefreshTokenKey', refreshTokenOpener);
  const accessKeys = keysFor('access', 'AccessTokenKey');
  // Other stacks of the app may still import it, and CloudFormation deletes no export that is in use.
  for (const key of accessKeys.former) {
    if (Construct.isConstruct(key)) topLevelStackOf(scope).exportValue(key.keyArn);
  }
  return { refreshKeys, accessKeys };
}
