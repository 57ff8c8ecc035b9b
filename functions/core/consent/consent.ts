import type { SealedAccessToken } from '../access-tokens/access-token-record.ts';
import type { Connection } from '../connection/connection.ts';
import { MINUTE_MS } from '../durations.ts';
import { REDEEMED_CODE_LIFE_MS } from './transaction.ts';

/** Opened by the app's backend for a user it knows (design: "connect a known user"). */
export interface ConsentSession {
  /** SHA-256 of the session id in the authorize URL, hex. */
  readonly sessionDigest: string;
  readonly connectionId: string;
  /** Names one of the configured return URLs. */
  readonly returnUrlKey: string;
  readonly appState?: string;
  /** Scopes to ask for; absent = the configured ones. */
  readonly scopes?: readonly string[];
  /** Replace the live connection even when the new consent is worse (no refresh token, fewer scopes). */
  readonly replace: boolean;
  readonly expiresAtMs: number;
  /** Proves that the vault made the record. Set and checked by the store; the use cases never see it. */
  readonly mac?: string;
}

/** A finished consent that waits for the app's backend to redeem its one-time code. */
export interface PendingConsent {
  /** SHA-256 of the one-time code, hex. */
  readonly codeDigest: string;
  readonly kind: 'sign-in' | 'consent-session';
  /** The connection as it was (sign-in: already active) or will be written (consent session) by the redeem. */
  readonly connection: Connection;
  /** Sealed for that connection; moved as it is. Absent when IMS gave none. */
  readonly accessToken?: SealedAccessToken;
  readonly replace: boolean;
  readonly keptPrevious: boolean;
  /** Of a sign-in: SHA-256 of the app's state, hex. Whoever redeems has to know the state that the app's own browser session began with. */
  readonly appStateDigest?: string;
  readonly claims?: Readonly<Record<string, string | boolean>>;
  /** The end of its life unredeemed. */
  readonly expiresAtMs: number;
  readonly redeemedAtMs?: number;
  /** Proves that the vault made the record. Set and checked by the store; the use cases never see it. */
  readonly mac?: string;
}

/** A redeem that began in time may still be running. Anything later is a misreading: the moment is in no MAC. */
const LATEST_REDEEM_MS = MINUTE_MS;

/** When a pending consent ends: redeemed, its code answers the same for ten minutes more. */
export function pendingEndsAtMs({ expiresAtMs, redeemedAtMs }: PendingConsent): number {
  if (redeemedAtMs === undefined || redeemedAtMs > expiresAtMs + LATEST_REDEEM_MS) return expiresAtMs;
  return Math.max(expiresAtMs, redeemedAtMs + REDEEMED_CODE_LIFE_MS);
}

/** How a transaction in the browser ended. Each has a page, a `return_to` error code and a metric. */
export type ConsentOutcomeKind =
  | 'connected'
  | 'connected_not_renewable'
  | 'kept_previous'
  | 'declined'
  | 'scope_not_allowed'
  | 'transaction_expired'
  | 'other_browser'
  | 'already_used'
  | 'adobe_unavailable'
  /** A fault of ours before or after Adobe was asked; trying again may help. */
  | 'vault_unavailable'
  /** Adobe did not say who the user is, or what it said could not be verified. */
  | 'identity_missing'
  | 'not_configured'
  | 'user_action_required'
  | 'invalid_request';

/** Stored for ten minutes under the consumed state so that a reload shows the same again. */
export interface ConsentOutcome {
  readonly kind: ConsentOutcomeKind;
  readonly appState?: string;
}
