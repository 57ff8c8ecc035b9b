import { hash } from 'node:crypto';
import { defined } from '../defined.ts';
import { DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS } from '../time-units.ts';
import type { Connection, Sliding } from './connection.ts';

/** Adobe documents 14 days. The response itself does not say. */
export const ASSUMED_REFRESH_LIFE_MS = 14 * DAY_MS;
/**
 * The life assumed for an imported token when it is unknown when the user consented: it may expire soon. The reconciler then
 * takes it before tokens that are known to live longer, and its first rotation shows more.
 */
export const ASSUMED_IMPORTED_LIFE_MS = DAY_MS;
/**
 * The limit for an expiry beyond 14 days. Such an expiry is believed only where a token of the connection was seen to
 * work at that age. The rotation is due within 14 days all the same, so that a forged item costs no grant.
 */
export const LONGEST_BELIEVED_LIFE_MS = 21 * DAY_MS;
/** An app whose connection does not slide is warned this long before the expiry. */
export const EXPIRY_WARNING_MS = 4 * DAY_MS;

/**
 * How long the tombstones of a disconnect and of a new consent are kept: that of the connection, and those over its access
 * tokens. They outlive every schedule, retry, publish and cached answer of what they ended.
 */
export const TOMBSTONE_LIFE_MS = 7 * DAY_MS;
/** The tombstone of an access token whose connection lives on only has to show a reader that there is no token. */
export const ACCESS_TOKEN_TOMBSTONE_LIFE_MS = DAY_MS;

const SHORTEST_LIFE_MS = HOUR_MS;
/** An expiry stated beyond this is not even shown. */
const LONGEST_STATED_LIFE_MS = 400 * DAY_MS;
const DUE_SHARE = 0.55;
const SPREAD_SHARE = 0.1;
/** Two readings of one fixed moment may differ by this much. */
const SAME_MOMENT_MS = MINUTE_MS;
/** Rotating a token whose life cannot be extended is worth one try a day at most. */
const NOT_SLIDING_PAUSE_MS = DAY_MS;

/** What tokens themselves say about the refresh token's expiry. Hints, never a security decision. Epoch milliseconds. */
export interface ExpiryHints {
  readonly rteaMs?: number;
  readonly refreshTokenExpiresAtMs?: number;
}

export interface RefreshLife {
  readonly refreshExpiresAtMs: number;
  readonly sliding: Sliding;
  /** A later expiry that was stated and is not relied on: for the status alone. */
  readonly statedExpiresAtMs?: number;
}

/** The life of the refresh token that was issued for a consent at `consentedAtMs`. */
export function firstRefreshLife(consentedAtMs: number, hints: ExpiryHints): RefreshLife {
  const { believedMs, ...reading } = readHints(hints, consentedAtMs, ASSUMED_REFRESH_LIFE_MS);
  const assumedMs = reading.isPast ? consentedAtMs : consentedAtMs + ASSUMED_REFRESH_LIFE_MS;
  return {
    refreshExpiresAtMs: atLeastAnHour(believedMs ?? assumedMs, consentedAtMs),
    sliding: 'unknown',
    ...statedIn(reading),
  };
}

/**
 * The life after a rotation. It moves forward only on evidence of sliding: a later readable expiry, or, where nothing
 * is readable, a new refresh token value. A readable expiry is believed up to 14 days, or up to the longest age at
 * which a token of this connection was seen to work. A later one is a misreading, and is treated as absent.
 */
export function nextRefreshLife(
  before: LifeBefore,
  answer: { readonly hints: ExpiryHints; readonly newToken: boolean },
  nowMs: number,
): RefreshLife {
  const longestMs = believedLifeMs(before);
  // IMS has just accepted the token, so an expiry in the past is a misreading, too.
  const { believedMs: hinted, ...reading } = readHints(answer.hints, nowMs, longestMs);
  const stated = statedIn(reading);
  if (isAssumed(before)) return { ...lifeAfterAssumption(hinted, answer.newToken, nowMs), ...stated };
  const stored = before.refreshExpiresAtMs ?? before.connectedAtMs + ASSUMED_REFRESH_LIFE_MS;
  const known = Math.min(stored, nowMs + longestMs);
  if (hinted === undefined) {
    // A misreading does not undo what readable expiries have shown.
    const isKnownToEnd = before.sliding === 'no' && stated.statedExpiresAtMs !== undefined;
    return { ...lifeWithoutHint(known, answer.newToken && !isKnownToEnd, nowMs), ...stated };
  }
  const refreshExpiresAtMs = atLeastAnHour(hinted, nowMs);
  if (hinted > known + SAME_MOMENT_MS) return { refreshExpiresAtMs, sliding: 'yes' };
  const sinceLastMs = nowMs - (before.rotatedAtMs ?? before.connectedAtMs);
  const tooSoonToTell = sinceLastMs < 10 * SAME_MOMENT_MS;
  return { refreshExpiresAtMs, sliding: tooSoonToTell ? before.sliding : 'no' };
}

/** Whether two readings of an expiry mean the same moment. */
export function isSameEnd(oneMs: number | undefined, otherMs: number): boolean {
  return oneMs !== undefined && Math.abs(oneMs - otherMs) <= SAME_MOMENT_MS;
}

type LifeBefore = Pick<
  Connection,
  'refreshExpiresAtMs' | 'sliding' | 'connectedAtMs' | 'rotatedAtMs' | 'importedFrom' | 'longestTokenAgeMs'
>;

/** How far ahead a readable expiry may lie. */
export function believedLifeMs({ longestTokenAgeMs = 0 }: Pick<Connection, 'longestTokenAgeMs'>): number {
  return Math.min(Math.max(ASSUMED_REFRESH_LIFE_MS, longestTokenAgeMs), LONGEST_BELIEVED_LIFE_MS);
}

/** The age at which the present token has just worked, where it exceeds what is assumed and what was seen before. */
export function provenAgeMs(
  { longestTokenAgeMs = 0, rotatedAtMs, connectedAtMs }: LifeBefore,
  nowMs: number,
): number | undefined {
  const ageMs = Math.min(nowMs - (rotatedAtMs ?? connectedAtMs), LONGEST_BELIEVED_LIFE_MS);
  return ageMs > Math.max(ASSUMED_REFRESH_LIFE_MS, longestTokenAgeMs) ? ageMs : undefined;
}

/** The stored expiry was only assumed, so the first rotation cannot be compared with it. */
function isAssumed({ importedFrom, rotatedAtMs, connectedAtMs, refreshExpiresAtMs }: LifeBefore): boolean {
  const assumedMs = connectedAtMs + ASSUMED_IMPORTED_LIFE_MS;
  return importedFrom !== undefined && rotatedAtMs === undefined && refreshExpiresAtMs === assumedMs;
}

function lifeAfterAssumption(hintedMs: number | undefined, newToken: boolean, nowMs: number): RefreshLife {
  return {
    refreshExpiresAtMs: atLeastAnHour(hintedMs ?? nowMs + ASSUMED_REFRESH_LIFE_MS, nowMs),
    sliding: newToken && hintedMs === undefined ? 'yes' : 'unknown',
  };
}

/**
 * The life that an envelope claims for its successor. Only the token is sealed: an attacker with write access to schedules can write the
 * claim. So it may bring the next rotation forward, and never put it off beyond what would be assumed without it.
 */
export function claimedRefreshLife(
  before: Pick<Connection, 'refreshExpiresAtMs' | 'sliding'>,
  claim: RefreshLife,
  nowMs: number,
): RefreshLife {
  const assumedMs = nowMs + ASSUMED_REFRESH_LIFE_MS;
  const longestMs = before.sliding === 'no' ? (before.refreshExpiresAtMs ?? assumedMs) : assumedMs;
  const claimedMs = Number.isFinite(claim.refreshExpiresAtMs) ? claim.refreshExpiresAtMs : assumedMs;
  const refreshExpiresAtMs = atLeastAnHour(Math.min(claimedMs, longestMs, assumedMs), nowMs);
  return { refreshExpiresAtMs, sliding: claim.sliding };
}

/** A token that outlived its believed expiry has another one, which is unknown. */
function lifeWithoutHint(knownMs: number, newToken: boolean, nowMs: number): RefreshLife {
  if (newToken) return { refreshExpiresAtMs: nowMs + ASSUMED_REFRESH_LIFE_MS, sliding: 'yes' };
  return nowMs < knownMs
    ? { refreshExpiresAtMs: knownMs, sliding: 'no' }
    : { refreshExpiresAtMs: nowMs + ASSUMED_REFRESH_LIFE_MS, sliding: 'unknown' };
}

/**
 * When the next rotation is due: at 55 % of the remaining life, minus up to 10 % by a hash of the connectionId, so that users
 * who consented together are spread. `undefined` when no rotation before the expiry is worth it.
 */
export function rotationDueAtMs(connectionId: string, life: RefreshLife, nowMs: number): number | undefined {
  const remainingMs = Math.max(0, life.refreshExpiresAtMs - nowMs);
  const share = DUE_SHARE - SPREAD_SHARE * spreadOf(connectionId);
  const dueAtMs = Math.round(nowMs + remainingMs * share);
  if (life.sliding !== 'no') return dueAtMs;
  const pausedAtMs = Math.max(dueAtMs, nowMs + NOT_SLIDING_PAUSE_MS);
  return pausedAtMs < life.refreshExpiresAtMs - HOUR_MS ? pausedAtMs : undefined;
}

/** A number in [0, 1) that is always the same for one connection. */
function spreadOf(connectionId: string): number {
  return hash('sha256', connectionId, 'buffer').readUInt32BE(0) / 2 ** 32;
}

interface Reading {
  /** The first hint that lies ahead, but not too far. */
  readonly believedMs?: number;
  /** The first hint that lies too far ahead to rely on. */
  readonly statedMs?: number;
  readonly isPast: boolean;
}

function readHints(hints: ExpiryHints, nowMs: number, longestMs: number): Reading {
  const latestMs = nowMs + longestMs;
  const ends = [hints.rteaMs, hints.refreshTokenExpiresAtMs].filter(
    (end): end is number => end !== undefined && Number.isFinite(end),
  );
  const isBelieved = (end: number) => end > nowMs && end <= latestMs + SAME_MOMENT_MS;
  const believedMs = ends.find(isBelieved);
  if (believedMs !== undefined) return { believedMs: Math.min(believedMs, latestMs), isPast: false };
  const statedMs = ends.find((end) => end > latestMs && end <= nowMs + LONGEST_STATED_LIFE_MS);
  return {
    ...defined({ statedMs }),
    isPast: ends.some((end) => end <= nowMs),
  };
}

function statedIn({ statedMs }: Pick<Reading, 'statedMs'>): Pick<RefreshLife, 'statedExpiresAtMs'> {
  return statedMs === undefined ? {} : { statedExpiresAtMs: statedMs };
}

function atLeastAnHour(expiresAtMs: number, nowMs: number): number {
  return Math.max(expiresAtMs, nowMs + SHORTEST_LIFE_MS);
}

/** Only a failure of the vault can end such a grant: it has no fixed expiry, and its user does not have to act. */
export function isKeptByRotating({ state, sliding }: Pick<Connection, 'state' | 'sliding'>): boolean {
  return (state === 'active' || state === 'suspect') && sliding !== 'no';
}

/** A moment as a time-to-live attribute states it. */
export function ttlEpochSecondsAt(atMs: number): number {
  return Math.ceil(atMs / SECOND_MS);
}
