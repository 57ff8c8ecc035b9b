import type { ConsentOutcome, ConsentSession, PendingConsent } from '../consent/consent.ts';
import type { AuthorizationTransaction } from '../consent/transaction.ts';
import type { Secret } from '../secret.ts';

/**
 * Short-lived state of sign-ins (table Ephemeral). Losing it loses no grant. Every expiry is checked with the caller's `nowMs`,
 * never by DynamoDB's TTL. Keys are SHA-256 digests: neither a state, a session id nor a code is stored in clear.
 * Throws `PlatformError` (`STORE_UNAVAILABLE`).
 */
export interface ConsentStore {
  openSession(session: ConsentSession): Promise<void>;
  /** Absent when unknown or expired. */
  readSession(sessionDigest: string, nowMs: number): Promise<ConsentSession | undefined>;
  /**
   * Consumes a state. The first caller gets `consumed`, a later one `already`, with the stored outcome if there is one by then.
   * A consent session is consumed the same way, under its own digest.
   */
  consume(digest: string, expiresAtMs: number): Promise<ConsumeResult>;
  /** Stores the outcome of the transaction, so that a reload within ten minutes shows it again. */
  recordOutcome(stateDigest: string, outcome: ConsentOutcome, expiresAtMs: number): Promise<void>;
  /** Keeps a consent that waits to be redeemed by its one-time code. */
  keepPending(pending: PendingConsent): Promise<void>;
  readonly pending: PendingConsents;
}

export interface PendingConsents {
  /** Absent when unknown or expired (two minutes unredeemed, ten minutes once redeemed). */
  read(codeDigest: string, nowMs: number): Promise<PendingConsent | undefined>;
  /** Marks it redeemed, unless it is, so that the same code and id get the same answer. The table may drop it after `expiresAtMs`. */
  markRedeemed(codeDigest: string, expiresAtMs: number): Promise<void>;
}

export type ConsumeResult =
  | { readonly kind: 'consumed' }
  | { readonly kind: 'already'; readonly outcome?: ConsentOutcome };

/**
 * Keeps transactions in the browser that started them: encrypted, one cookie each, a few at a time. The oldest are dropped.
 * Throws `PlatformError` `SECRET_UNAVAILABLE` or `ACCESS_DENIED` when the key cannot be read.
 */
export interface TransactionKeeper {
  /** @param cookies as the browser sent them (`name=value`). Returns the `Set-Cookie` values that keep the transaction. */
  keep(transaction: AuthorizationTransaction, cookies: readonly string[]): Promise<readonly string[]>;
  /**
   * The transaction of this state, compared in constant time. Absent when this browser holds none that can be decrypted. An
   * expired transaction is returned as it is.
   */
  find(state: string, cookies: readonly string[]): Promise<AuthorizationTransaction | undefined>;
}

/** The key of the browser's cookies, kept in memory for a short while. Throws `PlatformError` `SECRET_UNAVAILABLE` or `ACCESS_DENIED`. */
export interface CookieKeySource {
  /**
   * The secret's JSON `{ "current": "…", "previous": "…" }`, texts of any length. `fresh` skips the memory, unless the secret
   * was read moments ago.
   */
  read(options?: { readonly fresh?: boolean }): Promise<CookieKeys>;
}

export interface CookieKeys {
  readonly current: Secret;
  /** Cookies encrypted with it are still accepted. */
  readonly previous?: Secret;
}

/** The cookie key, for the operator's command that replaces it. Throws `PlatformError` `SECRET_UNAVAILABLE` or `ACCESS_DENIED`. */
export interface CookieKeyStore {
  /** `malformed`: what is stored is not a key, and no user can sign in. */
  read(): Promise<CookieKeys | 'malformed'>;
  /** Every function accepts the key from the first cookie on that was encrypted with it. */
  store(keys: CookieKeys): Promise<void>;
}
