import { hash } from 'node:crypto';
import { DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS } from '../time-units.ts';
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
/** A rotation that has not happened by this share of a life is late: it is due at 55 % at most. */
const LATE_SHARE = 0.65;
/** An expired refresh token whose expiry IMS has not confirmed is still tried for this long. */
const AFTER_EXPIRY_TRIES_MS = 14 * 24 * HOUR_MS;

/** The earliest moment at which the connection needs work, or `undefined` when it needs none. */
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
 * When the app must be warned that the connection will end, once per expiry: where rotating cannot extend it, and where it
 * could not be found out in time whether it can.
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

/** When to check a lease that may never be released: its holder may have used the token and died. */
export function recoveryAtMs(connection: Connection): number | undefined {
  if (connection.lease === undefined || !canRotate(connection)) return undefined;
  return Math.max(leaseEndsAtMs(connection), connection.nextAttemptAtMs ?? 0);
}

/** When the expiry itself needs work: one last try, and the state that follows from it. */
export function expiryWorkAtMs(connection: Connection, nowMs: number): number | undefined {
  const { refreshExpiresAtMs } = connection;
  if (!hasLivingRefreshToken(connection) || refreshExpiresAtMs === undefined) return undefined;
  if (nowMs > refreshExpiresAtMs + AFTER_EXPIRY_TRIES_MS) return nowMs;
  return Math.max(refreshExpiresAtMs, connection.nextAttemptAtMs ?? 0);
}

/**
 * A run that took over an expired lease and releases it forgets that the previous holder may have used the token. Without a
 * success, the next try stays as near as it was.
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

/** When the refresh token must be tried: the earliest of all reasons. */
export function nextTryAtMs(connection: Connection, nowMs: number): number {
  const moments = [rotationAtMs(connection), recoveryAtMs(connection), expiryWorkAtMs(connection, nowMs)];
  return Math.min(...moments.map((moment) => moment ?? Number.POSITIVE_INFINITY));
}

/** IMS has not answered for so long after the expiry that no further try is worth it. */
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
 * The back-off of a live connection belongs to its rotation, so its pending revocations have a timetable of their own:
 * at once after the consent that caused them, and hourly from then on.
 */
function revocationPauseMs({ state, connectedAtMs }: Connection, nowMs: number): number {
  return state === 'disconnecting' || nowMs - connectedAtMs < HOUR_MS ? 0 : HOUR_MS;
}

/** The schedule of a due time this far ahead may fire a little late, so that many connections are spread. */
const RELAXED_AFTER_MS = DAY_MS;
const RELAXED_WINDOW_MINUTES = 15;
/** A schedule is set at least this far ahead: one that has just fired may still exist under the name of its minute. */
const SOONEST_MS = MINUTE_MS;
/** A schedule this close has fired or is firing, because clocks differ. */
const FIRING_MS = 5 * SECOND_MS;

/** Changes together with the due time that follows from them, and the schedule to create once they are stored. */
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
 * Adds `dueAtMs` and `schedule` to changes. A schedule that fires before the due time stays as it is: its run will find nothing
 * due and create the next schedule. So an on-demand refresh does not call Scheduler.
 */
export function planNextDue(before: Connection, unbounded: ConnectionChanges, nowMs: number): NextDuePlan {
  const changes = withBoundedMoments(before, unbounded, nowMs);
  const after = withChanges(before, changes);
  const dueAtMs = nextDueAtMs(after, nowMs);
  if (dueAtMs === undefined) {
    const nothingDue = { dueAtMs: null, schedule: null };
    return { changes: { ...changes, ...nothingDue }, after: withChanges(after, nothingDue) };
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

/** The connection's own bounds hold also for moments derived from elsewhere, such as a breaker. */
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

/** The schedule of a stored due time, which may not have been created. */
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

/** The name of the recurring schedule that parks the successor of this token. */
export function parkingName(token: TokenIdentity): string {
  return `park-${hashOf([token.connectionId, token.generation, token.version])}`;
}

function hashOf(parts: readonly (string | number)[]): string {
  return hash('sha256', JSON.stringify(parts), 'base64url').slice(0, HASH_LENGTH);
}
