import type { ConsentOutcome, ConsentSession, PendingConsent } from '../consent/consent.ts';

/**
 * Short-lived state of the browser leg (table Ephemeral). Losing it loses no grant. Every expiry is checked by the caller's
 * `nowMs`, never by DynamoDB's TTL. Keys are SHA-256 digests: neither a state, a session id nor a code is stored in clear.
 * Throws `PlatformError` (`STORE_UNAVAILABLE`).
 */
export interface ConsentStore {
  openSession(session: ConsentSession): Promise<void>;
  /** Absent when unknown or expired. */
  readSession(sessionDigest: string, nowMs: number): Promise<ConsentSession | undefined>;
  /**
   * Consumes a state: the first caller gets `consumed`, any later one `already` with the stored outcome, if there is one by then.
   * A consent session is consumed the same way, under its own digest.
   */
  consume(digest: string, expiresAtMs: number): Promise<ConsumeResult>;
  /** Stores how the transaction ended so that a reload within ten minutes shows it again. */
  recordOutcome(stateDigest: string, outcome: ConsentOutcome, expiresAtMs: number): Promise<void>;
  /** Keeps a consent that waits to be redeemed by its one-time code. */
  keepPending(pending: PendingConsent): Promise<void>;
  readonly pending: PendingConsents;
}

export interface PendingConsents {
  /** Absent when unknown or expired (two minutes unredeemed, ten minutes once redeemed). */
  read(codeDigest: string, nowMs: number): Promise<PendingConsent | undefined>;
  /** Marks it redeemed, unless it is, so that the same code and id answer the same; the table may drop it after `expiresAtMs`. */
  markRedeemed(codeDigest: string, expiresAtMs: number): Promise<void>;
}

export type ConsumeResult =
  | { readonly result: 'consumed' }
  | { readonly result: 'already'; readonly outcome?: ConsentOutcome };
