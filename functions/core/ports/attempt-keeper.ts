import type { ConsentAttempt } from '../domain/consent-attempt.ts';

/**
 * Keeps attempts in the browser they were started in: encrypted, one cookie each, a few at a time, the oldest out.
 * Throws `PlatformFault` `SECRET_UNAVAILABLE` or `ACCESS_DENIED` when the key cannot be read.
 */
export interface AttemptKeeper {
  /** @param cookies as the browser sent them (`name=value`). Returns the `Set-Cookie` values that keep the attempt. */
  keep(attempt: ConsentAttempt, cookies: readonly string[]): Promise<readonly string[]>;
  /**
   * The attempt of this state, compared in constant time. Absent when this browser holds none that can be opened; an
   * attempt past its life is returned as it is.
   */
  find(state: string, cookies: readonly string[]): Promise<ConsentAttempt | undefined>;
}
