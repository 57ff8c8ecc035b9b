import type { ConnectionEvent } from './connection-event.ts';
import type { ConnectionState } from './connection-states.ts';
import type { PendingRevocation } from './pending-revocation.ts';
import type { Profile } from './profile.ts';
import type { SealedRefreshToken } from './sealed-token.ts';

/** One Adobe user's consent to the vault's Adobe credential: the only durable state of the vault. All times are epoch milliseconds. */
export interface Connection {
  readonly connectionId: string;
  /** Time-ordered unique id of the consent or disconnect this item stands for; only ever grows. */
  readonly generation: string;
  /** Counts refresh tokens stored within a generation, from 1. */
  readonly version: number;
  readonly state: ConnectionState;
  readonly clientId: string;
  /** Adobe's `sub`, opaque and case-sensitive. Absent on a tombstone. */
  readonly subject?: string;
  readonly subjectKey?: string;
  /** Where the setting `storeProfile` is on, as the last consent told it. Absent on a tombstone. */
  readonly profile?: Profile;
  readonly grantedScopes: readonly string[];
  /** A refresh token is held. */
  readonly renewable: boolean;
  readonly sliding: Sliding;
  /** A fault of ours, such as a corrupted item: the connection is not called revoked. */
  readonly degraded?: Degradation;
  readonly refresh?: SealedRefreshToken;
  /** The refresh token before the present one: a one-shot fallback only. */
  readonly previous?: SealedRefreshToken;
  readonly previousEndsAtMs?: number;
  /** Older refresh tokens of this generation that Adobe may still honour, newest first: a disconnect revokes them. */
  readonly displaced?: readonly DisplacedToken[];
  /** A successor that lost its commit within this generation. It may be the live token's parent, so it is never revoked. */
  readonly alternate?: SealedRefreshToken;
  /** The last two commits, newest first: how an ambiguous commit recognises its own success. */
  readonly commitIds: readonly string[];
  readonly lease?: Lease;
  /** When the user last consented in a browser. */
  readonly connectedAtMs: number;
  readonly rotatedAtMs?: number;
  /** The refresh token's own end of life, as well as we know it. */
  readonly refreshExpiresAtMs?: number;
  /** A later end that tokens state and that nothing relies on: for the status alone. */
  readonly statedExpiresAtMs?: number;
  /** The longest age at which a refresh token was seen to work, where that is more than is assumed. */
  readonly longestTokenAgeMs?: number;
  /** When the next rotation is due. */
  readonly rotateAtMs?: number;
  /** The earliest moment the connection needs anything. */
  readonly dueAtMs?: number;
  /** The one-time schedule that was last created for it. */
  readonly schedule?: Schedule;
  /** No attempt before this moment (back-off, Retry-After, breaker). */
  readonly nextAttemptAtMs?: number;
  /** Equals `nextAttemptAtMs` where an open breaker set that: a caller's request then asks the breaker itself. */
  readonly heldUntilMs?: number;
  /** Unknown outcomes in a row. */
  readonly failures: number;
  /** Refusals against the present version. */
  readonly evidence?: RefusalEvidence;
  readonly userAction?: UserAction;
  /** The last attempt brought no tokens, and that may be this connection's own fault. */
  readonly lastAnswer?: LastAnswer;
  /** Forced refreshes on behalf of callers whose access token Adobe rejected. */
  readonly forcedRefreshes?: ForcedRefreshes;
  /** Narrower scope sets that Adobe refused, newest first; each waits alone, the grant does not. */
  readonly scopePauses?: readonly ScopePause[];
  /** The app was warned of the expiry at this `refreshExpiresAtMs`. */
  readonly warnedOfExpiryAtMs?: number;
  /** At most eight events that still have to be published, oldest first. */
  readonly outbox: readonly ConnectionEvent[];
  /** Sealed tokens of older generations that IMS must still be told to revoke, in the order they are to be revoked. */
  readonly revocations: readonly PendingRevocation[];
  /** Digest of the refresh token that another system handed over: the same file again changes nothing. */
  readonly importedFrom?: string;
  /** A consent was exchanged and is not redeemed yet: until then nothing is revoked that could end it. */
  readonly consentUnderWay?: ConsentUnderWay;
  /** A tombstone disappears at this moment. */
  readonly tombstoneUntilMs?: number;
}

/** A refresh token that a rotation put out of use. */
export interface DisplacedToken extends SealedRefreshToken {
  readonly endsAtMs: number;
}

export type Sliding = 'yes' | 'no' | 'unknown';

export interface Degradation {
  readonly code: string;
  readonly sinceMs: number;
}

export interface ConsentUnderWay {
  /** Of the code whose redeem ends the mark. Absent where more than one consent is under way. */
  readonly codeDigest?: string;
  readonly untilMs: number;
}

/** Who may redeem the refresh token now. */
export interface Lease {
  readonly runId: string;
  readonly untilMs: number;
}

export interface Schedule {
  readonly name: string;
  readonly atMs: number;
}

export interface RefusalEvidence {
  readonly count: number;
  readonly firstAtMs: number;
  readonly lastAtMs: number;
  /** Fallback tokens that had their one try. */
  readonly tried: readonly ('alternate' | 'previous')[];
}

export interface UserAction {
  /** IMS's own error, such as `ride_AdobeID_acct_terms`. */
  readonly error: string;
  /** Where the user can act; only ever https on an Adobe host. */
  readonly jumpUrl?: string;
  readonly sinceMs: number;
}

export interface ScopePause {
  readonly scopeSet: string;
  readonly untilMs: number;
  /** Refusals in a row. */
  readonly refusals: number;
  /** Adobe's error of the last one. */
  readonly code: string;
}

/** What came last instead of tokens, where it may be about this connection alone. Any other answer removes it. */
export interface LastAnswer {
  readonly kind: LastAnswerKind;
  /** The first of them in a row. */
  readonly sinceMs: number;
  readonly atMs: number;
  /** It is about this connection alone, or came again while Adobe was well otherwise. */
  readonly alone: boolean;
}

export type LastAnswerKind =
  /** No whole answer arrived. */
  | 'lost'
  /** Adobe asked to wait. */
  | 'throttled'
  /** A whole answer that is neither about the user nor about the credential. */
  | 'odd'
  /** Adobe refused the credential. */
  | 'credential-refused';

export interface ForcedRefreshes {
  readonly count: number;
  readonly nextAllowedAtMs: number;
}

/** Identifies one refresh token of one connection. */
export interface TokenIdentity {
  readonly connectionId: string;
  readonly generation: string;
  readonly version: number;
}
