import type { ConnectionEventType, ConnectionState } from '../../../client/contract.ts';
import type { Profile } from './connection-id.ts';
import type { PendingRevocation, SealedRefreshToken } from './sealed-token.ts';

/**
 * One Adobe user's consent to the vault's Adobe credential: the only durable state of the vault.
 *
 * It is stored as one flat item, and `ConnectionChanges` names its attributes one by one. The interfaces below only group
 * them for the reader. All times are epoch milliseconds.
 */
export interface Connection
  extends TokenIdentity,
    PersonData,
    GrantTokens,
    GrantLife,
    DueTimes,
    AttemptRecord,
    PendingWork {
  readonly state: ConnectionState;
  readonly clientId: string;
  /** Digest of the imported refresh token: importing the same file again changes nothing. */
  readonly importedFrom?: string;
  /** A tombstone disappears at this moment. */
  readonly tombstoneUntilMs?: number;
}

/** Identifies one refresh token of one connection. */
export interface TokenIdentity {
  readonly connectionId: string;
  /** A ULID of the consent or disconnect this item stands for. It only grows: the fencing token of all writes. */
  readonly generation: string;
  /** Counts the refresh tokens stored within a generation, from 1. */
  readonly version: number;
}

/** What is stored about the user. A tombstone holds none of it. */
export interface PersonData {
  /** Adobe's `sub`, opaque and case-sensitive. */
  readonly subject?: string;
  readonly subjectKey?: string;
  /** From the last consent, where the setting `storeProfile` is on. */
  readonly profile?: Profile;
}

/** The sealed refresh tokens, and how they are committed. */
export interface GrantTokens {
  /** A refresh token is held. */
  readonly renewable: boolean;
  readonly refresh?: SealedRefreshToken;
  /** The refresh token before the present one: a one-shot fallback only. */
  readonly previous?: SealedRefreshToken;
  readonly previousEndsAtMs?: number;
  /** Older refresh tokens of this generation that Adobe may still honour, newest first: a disconnect revokes them. */
  readonly displaced?: readonly DisplacedToken[];
  /** A successor that lost its commit within this generation. It may be the live token's parent, so it is never revoked. */
  readonly alternate?: SealedRefreshToken;
  /** The last two commits, newest first: how an ambiguous commit recognizes its own success. */
  readonly commitIds: readonly string[];
  /** Who may refresh now. */
  readonly lease?: Lease;
}

/** What the user granted, and for how long. */
export interface GrantLife {
  readonly grantedScopes: readonly string[];
  /** When the user last consented in a browser. */
  readonly connectedAtMs: number;
  readonly rotatedAtMs?: number;
  readonly sliding: Sliding;
  /** When the refresh token expires, as well as the vault knows it. */
  readonly refreshExpiresAtMs?: number;
  /** A later expiry that tokens state and nothing relies on: for the status alone. */
  readonly statedExpiresAtMs?: number;
  /** The longest age at which a refresh token was seen to work, where that is more than is assumed. */
  readonly longestTokenAgeMs?: number;
}

/** When something is to be done. */
export interface DueTimes {
  /** When the next rotation is due. */
  readonly rotateAtMs?: number;
  /** The earliest moment at which the connection needs any work. */
  readonly dueAtMs?: number;
  /** The one-time schedule that was last created for it. */
  readonly schedule?: Schedule;
  /** No attempt before this moment (back-off, Retry-After, breaker). */
  readonly nextAttemptAtMs?: number;
  /** Equals `nextAttemptAtMs` where an open breaker set that. A caller's request then asks the breaker itself. */
  readonly heldUntilMs?: number;
  /** The app was warned of the expiry at this `refreshExpiresAtMs`. */
  readonly warnedOfExpiryAtMs?: number;
}

/** What recent attempts brought instead of tokens. */
export interface AttemptRecord {
  /** Unknown outcomes in a row. */
  readonly failures: number;
  /** Refusals of the present version. */
  readonly evidence?: RefusalEvidence;
  readonly userAction?: UserAction;
  /** The last attempt brought no tokens, and this connection may be the reason. */
  readonly lastAnswer?: LastAnswer;
  /** Refreshes forced by callers whose access token Adobe rejected. */
  readonly forcedRefreshes?: ForcedRefreshes;
  /** Narrower scope sets that Adobe refused, newest first. Each waits alone; the grant does not. */
  readonly scopePauses?: readonly ScopePause[];
  /** A fault of the vault, such as a corrupted item. It never counts as a revoked grant. */
  readonly degraded?: Degradation;
}

/** What remains to be done outside the table, and what it waits for. */
export interface PendingWork {
  /** At most eight events that still have to be published, oldest first. */
  readonly outbox: readonly ConnectionEvent[];
  /** Sealed tokens of older generations that Adobe must still be asked to revoke, in this order. */
  readonly revocations: readonly PendingRevocation[];
  /** A code was exchanged and its consent is not redeemed yet. Until then nothing is revoked that could end it. */
  readonly consentUnderWay?: ConsentUnderWay;
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
  /** Digest of the code whose redemption ends the mark. Absent where more than one consent is under way. */
  readonly codeDigest?: string;
  readonly untilMs: number;
}

/** The right of one run to post the refresh token. */
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
  /** Adobe's error code in the last one. */
  readonly code: string;
}

/** The last answer that brought no tokens, where it may concern this connection alone. Any other answer removes it. */
export interface LastAnswer {
  readonly kind: LastAnswerKind;
  /** When the first of them in a row came. */
  readonly sinceMs: number;
  readonly atMs: number;
  /** It concerns this connection alone, or came again while Adobe served other connections. */
  readonly alone: boolean;
  /** Adobe's error code, or how the answer was lost. */
  readonly code?: string;
  /** The try came before its time. The next one may not. */
  readonly early?: boolean;
}

export type LastAnswerKind =
  /** No complete response arrived. */
  | 'lost'
  /** Adobe asked to wait. */
  | 'throttled'
  /** A complete response that concerns neither the user nor the credential. */
  | 'odd'
  /** Adobe refused the credential. */
  | 'credential-refused';

export interface ForcedRefreshes {
  readonly count: number;
  readonly nextAllowedAtMs: number;
}

/** `source` of everything the vault publishes on EventBridge. */
export const EVENT_SOURCE = 'adobe-token-vault';

/** EventBridge `detail-type`s. */
/** A state change that is written with the change and published afterwards (outbox), at least once. */
export interface ConnectionEvent {
  /** Unique; a consumer that sees it twice may ignore the second. */
  readonly id: string;
  readonly type: ConnectionEventType;
  readonly atMs: number;
  readonly generation: string;
  /** Plain facts: never a token, a code or personal data. */
  readonly detail: Readonly<Record<string, string | number | boolean>>;
}

/** Attributes to set; `null` removes one. Identity and generation change only when a generation is replaced. */
export type ConnectionChanges = {
  readonly [K in keyof Omit<Connection, 'connectionId' | 'generation' | 'clientId'>]?:
    | Connection[K]
    | (undefined extends Connection[K] ? null : never);
} & {
  /** Appended to the outbox as it is at the write: no other event is overwritten, and no published one comes back. */
  readonly newEvents?: readonly ConnectionEvent[];
};

/** The connection as it will be once the changes are stored. What they remove reads as undefined. */
export function withChanges(connection: Connection, changes: ConnectionChanges): Connection {
  const { newEvents } = changes;
  const attributes: Readonly<Record<string, unknown>> = changes;
  const result: Record<string, unknown> = { ...connection };
  for (const name in attributes) {
    const value = attributes[name];
    if (value === undefined || name === 'newEvents') continue;
    // Not `delete`: it makes the object, and every copy of it, slow from then on.
    result[name] = value === null ? undefined : value;
  }
  if (newEvents !== undefined) result.outbox = [...connection.outbox, ...newEvents];
  return result as Pick<Connection, keyof Connection>;
}

const OUTBOX_LIMIT = 8;

/** The events that are kept when too many could not be published: the newest, because the newest state matters most. */
export function keptOf(outbox: Connection['outbox']): Connection['outbox'] {
  return outbox.slice(-OUTBOX_LIMIT);
}

/** A lease counts as live for this much longer, because clocks differ. */
export const LEASE_MARGIN_MS = 3_000;

/** The time after which no run can hold the connection's lease; 0 without a lease. */
export function leaseEndsAtMs({ lease }: Pick<Connection, 'lease'>): number {
  return lease === undefined ? 0 : lease.untilMs + LEASE_MARGIN_MS;
}

/** The lease expired without being released: its holder died, or parked what it received. */
export function hasUncleanLease(connection: Pick<Connection, 'lease'>, nowMs: number): boolean {
  return connection.lease !== undefined && leaseEndsAtMs(connection) <= nowMs;
}
