import type { ClientSecrets } from './ims.ts';

/** The client secret, kept in memory for a short while. Throws `PlatformFault` `SECRET_UNAVAILABLE` or `ACCESS_DENIED`. */
export interface ClientSecretSource {
  /** `not-configured` while the operator has not filled it in. `fresh` skips the memory. */
  read(options?: { fresh?: boolean }): Promise<ClientSecrets | 'not-configured'>;
}
