import type {
  ClientSecretSource,
  ClientSecrets,
  StoredClientSecrets,
} from '../../../functions/core/ports/ims.ts';
import { Secret } from '../../../functions/core/secret.ts';

export interface FakeClientSecretSource extends ClientSecretSource {
  /** What the operator puts in; a source that remembers an older value answers it until it reads afresh. */
  store(secrets: ClientSecrets | 'not-configured'): void;
  /** The memory runs out. */
  forget(): void;
  /** Reads that went to the store. */
  readonly fetches: number;
}

export function createFakeClientSecretSource(
  initial: ClientSecrets | 'not-configured' = { current: new Secret('client-secret') },
): FakeClientSecretSource {
  let stored = initial;
  let versions = 1;
  let remembered: StoredClientSecrets | undefined;
  let fetches = 0;
  return {
    async read(options) {
      await Promise.resolve();
      const fromMemory = options?.fresh !== true && options?.recheck !== true;
      if (remembered !== undefined && fromMemory) return remembered;
      fetches += 1;
      remembered = stored === 'not-configured' ? undefined : { ...stored, versionId: `version-${versions}` };
      return remembered ?? 'not-configured';
    },
    store(secrets) {
      stored = secrets;
      versions += 1;
    },
    forget() {
      remembered = undefined;
    },
    get fetches() {
      return fetches;
    },
  };
}
