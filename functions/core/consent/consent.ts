import type { SealedAccessToken } from '../access-tokens/access-token-record.ts';
import type { Connection } from '../connection/connection.ts';
import { MINUTE_MS } from '../time-units.ts';
import type { ConsentOutcomeKind } from './consent-outcome.ts';
import { REDEEMED_CODE_LIFE_MS } from './transaction.ts';

/** Opened by the app's backend for a user that the app knows. */
export interface ConsentSession {
  /** SHA-256 of the session id in the authorize URL, hex. */
  readonly sessionDigest: string;
  readonly connectionId: string;
  /** Names one of the configured return URLs. */
  readonly returnUrlKey: string;
  readonly appState?: string;
  /** The scopes to request. Absent: the configured ones. */
  readonly scopes?: readonly string[];
  /** Replace the live connection even when the new consent is worse (no refresh token, fewer scopes). */
  readonly replace: boolean;
  readonly expiresAtMs: number;
  /** Proves that the vault wrote the record. Set and checked by the store. The use cases never see it. */
  readonly mac?: string;
}

/** A completed consent that waits for the app's backend to redeem its one-time code. */
export interface PendingConsent {
  /** SHA-256 of the one-time code, hex. */
  readonly codeDigest: string;
  readonly kind: 'sign-in' | 'consent-session';
  /** The connection as it is (sign-in: already active), or as the redeem will write it (consent session). */
  readonly connection: Connection;
  /** Sealed for that connection and moved unopened. Absent when IMS issued none. */
  readonly accessToken?: SealedAccessToken;
  readonly replace: boolean;
  readonly keptPrevious: boolean;
  /** Sign-in only: SHA-256 of the app's state, hex. A redeem has to present the state that the app's browser session began with. */
  readonly appStateDigest?: string;
  readonly claims?: Readonly<Record<string, string | boolean>>;
  /** The end of its life if it is not redeemed. */
  readonly expiresAtMs: number;
  readonly redeemedAtMs?: number;
  /** Proves that the vault wrote the record. Set and checked by the store. The use cases never see it. */
  readonly mac?: string;
}

/** Stored for ten minutes under the consumed state, so that a reload shows the same outcome. */
export interface ConsentOutcome {
  readonly kind: ConsentOutcomeKind;
  readonly appState?: string;
}

/** A redeem that began in time may still be running. Anything later is a misreading: no MAC covers the moment. */
const LATEST_REDEEM_MS = MINUTE_MS;

/** When a pending consent ends. Once redeemed, its code gets the same answer for ten more minutes. */
export function pendingEndsAtMs({ expiresAtMs, redeemedAtMs }: PendingConsent): number {
  if (redeemedAtMs === undefined || redeemedAtMs > expiresAtMs + LATEST_REDEEM_MS) return expiresAtMs;
  return Math.max(expiresAtMs, redeemedAtMs + REDEEMED_CODE_LIFE_MS);
}

/** Claims about the token, not about the person (OpenID Connect Core §2). */
const PROTOCOL_CLAIMS = new Set([
  'iss',
  'sub',
  'aud',
  'exp',
  'iat',
  'nbf',
  'jti',
  'nonce',
  'azp',
  'auth_time',
  'acr',
  'amr',
  'at_hash',
  'c_hash',
  'sid',
]);

/** What the ID token says about the person: the reason to request the scopes `email`, `profile` and `address`. */
export function personalClaims(
  claims: Readonly<Record<string, string | boolean>>,
): Readonly<Record<string, string | boolean>> {
  return Object.fromEntries(Object.entries(claims).filter(([name]) => !PROTOCOL_CLAIMS.has(name)));
}
