import type { AuthorizationTransaction } from '../consent/transaction.ts';

/**
 * Keeps transactions in the browser they were started in: encrypted, one cookie each, a few at a time, the oldest out.
 * Throws `PlatformError` `SECRET_UNAVAILABLE` or `ACCESS_DENIED` when the key cannot be read.
 */
export interface TransactionKeeper {
  /** @param cookies as the browser sent them (`name=value`). Returns the `Set-Cookie` values that keep the transaction. */
  keep(attempt: AuthorizationTransaction, cookies: readonly string[]): Promise<readonly string[]>;
  /**
   * The transaction of this state, compared in constant time. Absent when this browser holds none that can be opened; an
   * transaction past its life is returned as it is.
   */
  find(state: string, cookies: readonly string[]): Promise<AuthorizationTransaction | undefined>;
}
