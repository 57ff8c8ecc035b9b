import { randomBytes } from 'node:crypto';
import { AwsServiceError } from '../protocols.ts';

export interface KmsKey {
  keyArn: string;
  /** Default SYMMETRIC_DEFAULT. */
  spec?: 'SYMMETRIC_DEFAULT' | 'HMAC_256' | 'HMAC_384' | 'HMAC_512';
  /** Names with their `alias/` prefix. */
  aliases?: string[];
  description?: string;
  /** Default false, as on AWS. */
  rotating?: boolean;
}

/**
 * Key material by key id, newest last. Older material still decrypts what it encrypted. Stacks of several Regions may
 * share it, as a multi-Region key does with its replicas.
 */
export type KeyMaterials = Map<string, Buffer[]>;

/** A grant: a second way to a key besides its policy. */
export interface KmsGrant {
  granteePrincipal: string;
  operations: string[];
}

export interface StoredKey extends KmsKey {
  keyId: string;
  spec: NonNullable<KmsKey['spec']>;
  materials: Buffer[];
  state: 'Enabled' | 'Disabled' | 'PendingDeletion';
  rotating: boolean;
  grants: KmsGrant[];
}

export interface KmsKeys {
  add(key: KmsKey): void;
  /** By id, ARN, alias name or alias ARN. */
  find(keyRef: string): StoredKey | undefined;
  /** As `find`, refusing as KMS does when there is none. */
  get(keyRef: string): StoredKey;
  /** As `get`, but only a key that may be used now. */
  usable(keyRef: string): StoredKey;
}

export function createKmsKeys(initial: KmsKey[], known: KeyMaterials = new Map()): KmsKeys {
  const byId = new Map<string, StoredKey>();
  const idOfAlias = new Map<string, string>();

  const add = (key: KmsKey) => {
    const keyId = key.keyArn.slice(key.keyArn.lastIndexOf('/') + 1);
    const spec = key.spec ?? 'SYMMETRIC_DEFAULT';
    const materials = known.get(keyId) ?? [randomBytes(32)];
    known.set(keyId, materials);
    byId.set(keyId, {
      ...key,
      keyId,
      spec,
      materials,
      state: 'Enabled',
      rotating: key.rotating ?? false,
      grants: [],
    });
    for (const alias of key.aliases ?? []) idOfAlias.set(alias, keyId);
  };
  initial.forEach(add);

  const find = (keyRef: string) => {
    const name = keyRef.startsWith('arn:') ? keyRef.split(':').slice(5).join(':') : keyRef;
    return byId.get(idOfAlias.get(name) ?? name.replace(/^key\//, ''));
  };
  const get = (keyRef: string) => {
    const key = find(keyRef);
    if (!key) throw new AwsServiceError('NotFoundException', `Key '${keyRef}' does not exist`);
    return key;
  };
  const usable = (keyRef: string) => {
    const key = get(keyRef);
    if (key.state === 'Disabled')
      throw new AwsServiceError('DisabledException', `${key.keyArn} is disabled.`);
    if (key.state === 'PendingDeletion') {
      throw new AwsServiceError('KMSInvalidStateException', `${key.keyArn} is pending deletion.`);
    }
    return key;
  };
  return { add, find, get, usable };
}
