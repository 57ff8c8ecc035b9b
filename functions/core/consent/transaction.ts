import { HOUR_MS, MINUTE_MS } from '../durations.ts';
import type { Secret } from '../secret.ts';

/** One transaction to consent in one browser, from `/authorize` to `/callback`. It is kept by that browser alone, encrypted. */
export interface AuthorizationTransaction {
  /** 128 random bits; comes back from IMS in the clear. */
  readonly state: string;
  readonly codeVerifier: Secret;
  /** Repeated by the ID token. */
  readonly nonce?: string;
  /**
   * The one-time code the app will get, drawn now: a reload of the callback can then end the same way although the vault
   * stores only a digest of it.
   */
  readonly connectionCode: Secret;
  readonly startedAtMs: number;
  readonly target: TransactionTarget;
}

/** Where the transaction leads. */
export type TransactionTarget =
  | { readonly kind: 'own-page' }
  | { readonly kind: 'return'; readonly returnUrlKey: string; readonly appState: string }
  /** The consent session says what was asked for; the transaction holds its id only. */
  | { readonly kind: 'session'; readonly sessionId: string };

/** How long a browser may take between `/authorize` and `/callback`, and how long a reload shows the same again. */
export const TRANSACTION_LIFE_MS = 10 * MINUTE_MS;
/** The browser remembers a transaction longer than it lives: who comes back late is told so, and still finds the way to the app. */
export const TRANSACTION_MEMORY_MS = HOUR_MS;
/** How long the link to a consent session is good. */
const CONSENT_LINK_LIFE_MS = 10 * MINUTE_MS;
/** A session outlives its link, so that a transaction that started in its last minute can end. */
export const SESSION_LIFE_MS = CONSENT_LINK_LIFE_MS + TRANSACTION_LIFE_MS;
/** How long the app's backend has to redeem the one-time code. */
export const CONNECTION_CODE_LIFE_MS = 2 * MINUTE_MS;
/** The same code and id answer the same for this long after the first redeem. */
export const REDEEMED_CODE_LIFE_MS = 10 * MINUTE_MS;

/** @param session as stored, with the life of a session */
export function linkExpiresAtMs(session: { readonly expiresAtMs: number }): number {
  return session.expiresAtMs - TRANSACTION_LIFE_MS;
}
