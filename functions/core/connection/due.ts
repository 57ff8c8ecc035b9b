import { consentEndsAtMs } from '../consent/consent-under-way.ts';
import { HOUR_MS, MINUTE_MS } from '../durations.ts';
import type { Connection } from './connection.ts';
import type { ConnectionChanges } from './connection-changes.ts';
import { STATE_RULES } from './connection-states.ts';
import { hasUncleanLease, leaseEndsAtMs } from './lease.ts';
import { EXPIRY_WARNING_MS, isSameEnd } from './lifetime.ts';

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
