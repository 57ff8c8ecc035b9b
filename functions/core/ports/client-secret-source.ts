import type { ClientSecrets } from './ims.ts';

/** The client secrets as they are stored. */
export interface StoredClientSecrets extends ClientSecrets {
  /** Changes with every write of the secret, and says nothing of its value. */
  readonly versionId: string;
}

export interface SecretReading {
  /** Skips the memory. */
  readonly fresh?: boolean;
  /** Skips the memory, but only a few times within seconds: for what every request asks. */
  readonly recheck?: boolean;
}

/** The client secret, kept in memory for a short while. Throws `PlatformError` `SECRET_UNAVAILABLE` or `ACCESS_DENIED`. */
export interface ClientSecretSource {
  /** `not-configured` while the operator has not filled it in. */
  read(options?: SecretReading): Promise<StoredClientSecrets | 'not-configured'>;
}
