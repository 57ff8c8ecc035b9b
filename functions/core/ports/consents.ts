import type { ConsentOutcome, ConsentSession, PendingConsent } from '../consent/consent.ts';
import type { CookieKeys, ReadCookieKeys } from '../consent/cookie-keys.ts';
import type { AuthorizationTransaction } from '../consent/transaction.ts';

/**
 * Short-lived state of sign-ins (table Ephemeral). Losing it loses no grant. `nowMs` decides what has expired, never
 * DynamoDB's TTL. Keys are SHA-256 digests: no state, session id or code is stored in clear.
 * Throws `PlatformError` (`STORE_UNAVAILABLE`, `ACCESS_DENIED`, `ITEM_MALFORMED`).
 */
export interface ConsentStore {
  /** Stored until the session's `expiresAtMs`. */
  openSession(session: ConsentSession): Promise<void>;
  /** Absent when unknown or expired. */
  readSession(sessionDigest: string, nowMs: number): Promise<ConsentSession | undefined>;
  /**
   * Consumes a state until `expiresAtMs`. The first caller gets `consumed`. A later one gets `already`, with the outcome if it is
   * stored by then. A consent session is consumed the same way, under its own digest.
   */
  consume(digest: string, expiresAtMs: number): Promise<ConsumeResult>;
  /** Stores how the transaction ended, so that a reload within ten minutes shows it again. */
  recordOutcome(stateDigest: string, outcome: ConsentOutcome, expiresAtMs: number): Promise<void>;
  /** Stores a consent until it is redeemed with its one-time code, or expires. */
  keepPending(pending: PendingConsent): Promise<void>;
  readonly pending: PendingConsents;
}

export interface PendingConsents {
  /** Absent when unknown or expired (two minutes unredeemed, ten minutes once redeemed). */
  read(codeDigest: string, nowMs: number): Promise<PendingConsent | undefined>;
  /** Marks it as redeemed, so that the same code and id get the same answer. DynamoDB may delete it after `expiresAtMs`. */
  markRedeemed(codeDigest: string, expiresAtMs: number): Promise<void>;
}

export type ConsumeResult =
  | { readonly kind: 'consumed' }
  | { readonly kind: 'already'; readonly outcome?: ConsentOutcome };

/**
 * Keeps transactions in the browser that started them: encrypted, one cookie each. A few at a time; the oldest is dropped first.
 * Throws `PlatformError` `SECRET_UNAVAILABLE` or `ACCESS_DENIED` when the key cannot be read.
 */
export interface TransactionKeeper {
  /**
   * @param cookies as the browser sent them (`name=value`)
   * @returns the `Set-Cookie` values that keep the transaction
   */
  keep(transaction: AuthorizationTransaction, cookies: readonly string[]): Promise<readonly string[]>;
  /**
   * The transaction of this state, compared in constant time. Absent when this browser holds none that can be opened. An
   * expired transaction is returned too.
   */
  find(state: string, cookies: readonly string[]): Promise<AuthorizationTransaction | undefined>;
}

/** The cookie key, kept in memory for a short while. Throws `PlatformError` `SECRET_UNAVAILABLE` or `ACCESS_DENIED`. */
export interface CookieKeySource {
  /**
   * From the secret's JSON `{ "current": "…", "previous": "…" }`. `fresh` skips the memory, unless a caller asked for a fresh
   * key seconds ago.
   */
  readonly read: ReadCookieKeys;
}

/** The cookie key for the operator, who replaces it. Throws `PlatformError` `SECRET_UNAVAILABLE` or `ACCESS_DENIED`. */
export interface CookieKeyStore {
  /** `malformed`: the secret holds no key, and no user can sign in. */
  read(): Promise<CookieKeys | 'malformed'>;
  /** Functions read it when they meet the first cookie that it encrypted. */
  store(keys: CookieKeys): Promise<void>;
}
