import { hash } from 'node:crypto';
import { DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS } from '../durations.ts';
import {
  type Connection,
  type ConnectionChanges,
  hasUncleanLease,
  leaseEndsAtMs,
  type Schedule,
  type TokenIdentity,
  withChanges,
} from './connection.ts';
import { STATE_RULES } from './connection-states.ts';
import { consentEndsAtMs } from './consent-under-way.ts';
import { EXPIRY_WARNING_MS, isSameEnd } from './lifetime.ts';

/** No connection waits longer for its next attempt. */
export const LONGEST_WAIT_MS = DAY_MS;

const PUBLISH_RETRY_MS = MINUTE_MS;
/** A rotation that has not come by this share of a life is late: it is due at 55 % of it at most. */
const LATE_SHARE = 0.65;
/** An expired refresh token whose end IMS has not confirmed is still tried for this long. */
const AFTER_EXPIRY_TRIES_MS = 14 * 24 * HOUR_MS;

/** The earliest moment the connection needs anything, or `undefined` when it needs nothing any more. */
export function nextDueAtMs(connection: Connection, nowMs: number): number | undefined {
  const moments = [
    connection.outbox.length > 0 ? nowMs + PUBLISH_RETRY_MS : undefined,
    revocationAtMs(connection, nowMs),
    connection.state === 'disconnected' ? connection.tombstoneUntilMs : undefined,
    rotationAtMs(connection),
    recoveryAtMs(connection),
    warningAtMs(connection),
    expiryWorkAtMs(connection, nowMs),
  ].filter((moment) => moment !== undefined);
  return moments.length === 0 ? undefined : Math.min(...moments);
}

/**
 * When the app must be warned that the connection ends, once per end of life: where rotating cannot extend it, and where
 * nobody could find out in time whether it can.
 */
export function warningAtMs(connection: Connection): number | undefined {
  const { refreshExpiresAtMs } = connection;
  if (!hasLivingRefreshToken(connection) || refreshExpiresAtMs === undefined) return undefined;
  if (connection.sliding === 'yes' || isSameEnd(connection.warnedOfExpiryAtMs, refreshExpiresAtMs)) {
    return undefined;
  }
  const daysAheadMs = refreshExpiresAtMs - EXPIRY_WARNING_MS;
  if (connection.sliding === 'no') return daysAheadMs;
  if (connection.state !== 'active') return undefined;
  const sinceMs = connection.rotatedAtMs ?? connection.connectedAtMs;
  return Math.round(Math.max(daysAheadMs, sinceMs + (refreshExpiresAtMs - sinceMs) * LATE_SHARE));
}

/** When the refresh token must be tried because it is due, after back-off. */
export function rotationAtMs(connection: Connection): number | undefined {
  if (!canRotate(connection) || connection.rotateAtMs === undefined) return undefined;
  return Math.max(connection.rotateAtMs, connection.nextAttemptAtMs ?? 0);
}

/** When a lease that may never be released has to be looked at: its holder may have spent the token and died. */
export function recoveryAtMs(connection: Connection): number | undefined {
  if (connection.lease === undefined || !canRotate(connection)) return undefined;
  return Math.max(leaseEndsAtMs(connection), connection.nextAttemptAtMs ?? 0);
}

/** When the end of life itself must be looked at: one last try, and the state that follows from it. */
export function expiryWorkAtMs(connection: Connection, nowMs: number): number | undefined {
  const { refreshExpiresAtMs } = connection;
  if (!hasLivingRefreshToken(connection) || refreshExpiresAtMs === undefined) return undefined;
  if (nowMs > refreshExpiresAtMs + AFTER_EXPIRY_TRIES_MS) return nowMs;
  return Math.max(refreshExpiresAtMs, connection.nextAttemptAtMs ?? 0);
}

/**
 * Releasing a lease that was taken over from one that ran out forgets that its holder may have spent the token. Without a
 * success the next try stays as near as it was.
 */
export function afterTakeover(
  before: Connection,
  changes: ConnectionChanges,
  nowMs: number,
): Pick<ConnectionChanges, 'rotateAtMs'> {
  if (changes.rotateAtMs !== undefined || !hasUncleanLease(before, nowMs)) return {};
  const soonestMs = changes.nextAttemptAtMs ?? before.nextAttemptAtMs ?? nowMs;
  return { rotateAtMs: Math.min(before.rotateAtMs ?? soonestMs, soonestMs) };
}

/** When the refresh token must be tried, for whatever reason comes first. */
export function nextTryAtMs(connection: Connection, nowMs: number): number {
  const moments = [rotationAtMs(connection), recoveryAtMs(connection), expiryWorkAtMs(connection, nowMs)];
  return Math.min(...moments.map((moment) => moment ?? Number.POSITIVE_INFINITY));
}

/** IMS has been silent for so long after the expiry that no further try is worth it. */
export function isBeyondHope(connection: Connection, nowMs: number): boolean {
  return (
    connection.refreshExpiresAtMs !== undefined &&
    nowMs > connection.refreshExpiresAtMs + AFTER_EXPIRY_TRIES_MS
  );
}

export function canRotate(connection: Connection): boolean {
  return connection.renewable && connection.refresh !== undefined && STATE_RULES[connection.state].mayRotate;
}

function hasLivingRefreshToken(connection: Connection): boolean {
  return canRotate(connection) && connection.state !== 'needs-reauthorization';
}

function revocationAtMs(connection: Connection, nowMs: number): number | undefined {
  if (connection.state !== 'disconnecting' && connection.revocations.length === 0) return undefined;
  return Math.max(
    nowMs + revocationPauseMs(connection, nowMs),
    connection.nextAttemptAtMs ?? 0,
    consentEndsAtMs(connection, nowMs) ?? 0,
  );
}

/**
 * A living connection's back-off belongs to its rotation, so what it has to have revoked goes by the clock: at once after
 * the consent that brought it, and hourly from then on.
 */
function revocationPauseMs({ state, connectedAtMs }: Connection, nowMs: number): number {
  return state === 'disconnecting' || nowMs - connectedAtMs < HOUR_MS ? 0 : HOUR_MS;
}

/** A due time this far ahead may ring a little late, so that a fleet spreads. */
const RELAXED_AFTER_MS = DAY_MS;
const RELAXED_WINDOW_MINUTES = 15;
/** A schedule is set at least this far ahead: one that has just fired may still exist under its own minute's name. */
const SOONEST_MS = MINUTE_MS;
/** A schedule this close has fired or is firing: clocks differ. */
const FIRING_MS = 5 * SECOND_MS;

/** Changes that include the due time they lead to, and the schedule that has to be created once they are stored. */
export interface NextDuePlan {
  readonly changes: ConnectionChanges;
  readonly after: Connection;
  readonly newSchedule?: DueSchedule;
}

export interface DueSchedule extends Schedule {
  readonly connectionId: string;
  readonly flexibleWindowMinutes: number;
}

/**
 * Adds `dueAtMs` and `schedule` to changes. A schedule that fires before the due time is kept as it is: it will find nothing due
 * and create the next schedule, so an on-demand refresh does not touch Scheduler.
 */
export function planNextDue(before: Connection, unbounded: ConnectionChanges, nowMs: number): NextDuePlan {
  const changes = withBoundedMoments(before, unbounded, nowMs);
  const after = withChanges(before, changes);
  const dueAtMs = nextDueAtMs(after, nowMs);
  if (dueAtMs === undefined) {
    const asleep = { dueAtMs: null, schedule: null };
    return { changes: { ...changes, ...asleep }, after: withChanges(after, asleep) };
  }
  const atMs = Math.max(dueAtMs, nowMs + SOONEST_MS);
  if (after.schedule && after.schedule.atMs > nowMs + FIRING_MS && after.schedule.atMs <= atMs) {
    return { changes: { ...changes, dueAtMs }, after: { ...after, dueAtMs } };
  }
  const schedule: Schedule = {
    name: scheduleName(after.connectionId, after.generation, after.version, atMs),
    atMs,
  };
  return {
    changes: { ...changes, dueAtMs, schedule },
    after: { ...after, dueAtMs, schedule },
    newSchedule: scheduleFor(after, schedule, nowMs),
  };
}

/** Where a connection's next moments were derived from something else, such as a breaker, its own bounds still hold. */
function withBoundedMoments(
  before: Connection,
  changes: ConnectionChanges,
  nowMs: number,
): ConnectionChanges {
  const latestMs = nowMs + LONGEST_WAIT_MS;
  const { nextAttemptAtMs, rotateAtMs, refreshExpiresAtMs } = changes;
  const isNewLife = refreshExpiresAtMs !== undefined;
  return {
    ...changes,
    ...(nextAttemptAtMs && { nextAttemptAtMs: Math.min(nextAttemptAtMs, latestMs) }),
    ...(rotateAtMs &&
      !isNewLife && { rotateAtMs: Math.min(rotateAtMs, Math.max(before.rotateAtMs ?? 0, latestMs)) }),
  };
}

/** The schedule of a due time that is stored but may not be created. */
export function scheduleFor(connection: Connection, schedule: Schedule, nowMs: number): DueSchedule {
  const relaxed = schedule.atMs - nowMs > RELAXED_AFTER_MS;
  return {
    ...schedule,
    connectionId: connection.connectionId,
    flexibleWindowMinutes: relaxed ? RELAXED_WINDOW_MINUTES : 0,
  };
}

/** 36 base64url characters = 216 bits: with its prefix well below Scheduler's 64, and the alphabet is one it allows. */
const HASH_LENGTH = 36;

/**
 * The name of the one-time schedule for a due time. The same due time (to the minute, Scheduler's precision) always has the same
 * name, so creating twice makes one schedule.
 */
export function scheduleName(
  connectionId: string,
  generation: string,
  version: number,
  dueAtMs: number,
): string {
  return `due-${hashOf([connectionId, generation, version, Math.floor(dueAtMs / MINUTE_MS)])}`;
}

/** The name of the recurring schedule that holds the successor of this token, should there be one. */
export function parkingName(token: TokenIdentity): string {
  return `park-${hashOf([token.connectionId, token.generation, token.version])}`;
}

function hashOf(parts: readonly (string | number)[]): string {
  return hash('sha256', JSON.stringify(parts), 'base64url').slice(0, HASH_LENGTH);
}
