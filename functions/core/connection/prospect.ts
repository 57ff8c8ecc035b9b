import type { NoNewTokensReason } from '../../../client/contract.ts';
import { HOUR_MS } from '../time-units.ts';
import type { Connection } from './connection.ts';
import { nextTryAtMs } from './due.ts';
import { isKeptByRotating, rotationDueAtMs } from './lifetime.ts';

/** Schedules fire late by minutes, and a missed one is found within the hour. */
const LATE_AFTER_MS = HOUR_MS;

type Judged = Pick<
  Connection,
  'connectionId' | 'state' | 'sliding' | 'connectedAtMs' | 'rotatedAtMs' | 'refreshExpiresAtMs'
>;

/**
 * Since when the rotation of a connection is late, counted from when it was due by the life of its refresh token. A
 * back-off or a breaker moves the next try, and not this.
 */
export function lateSinceMs(connection: Judged, nowMs: number): number | undefined {
  const { connectionId, sliding, refreshExpiresAtMs, rotatedAtMs, connectedAtMs } = connection;
  if (!isKeptByRotating(connection) || refreshExpiresAtMs === undefined) return undefined;
  const dueAtMs = rotationDueAtMs(
    connectionId,
    { refreshExpiresAtMs, sliding },
    rotatedAtMs ?? connectedAtMs,
  );
  return dueAtMs !== undefined && nowMs > dueAtMs + LATE_AFTER_MS ? dueAtMs : undefined;
}

export function noNewTokens(
  connection: Pick<Connection, 'state' | 'renewable' | 'degraded' | 'refreshExpiresAtMs'>,
  nowMs: number,
): NoNewTokensReason | undefined {
  const { state, renewable, degraded, refreshExpiresAtMs } = connection;
  if (state === 'disconnecting' || state === 'disconnected') return 'disconnected';
  if (state === 'needs-reauthorization') return 'reauthorization_required';
  if (!renewable) return 'not_renewable';
  if (refreshExpiresAtMs !== undefined && refreshExpiresAtMs <= nowMs) return 'expired';
  return degraded?.code === 'seal_broken' ? 'seal_broken' : undefined;
}

/** The code of a try that posted nothing. */
const NOT_POSTED = 'not-posted';

/** What the last tries brought instead of tokens. */
export interface Failure {
  /** Adobe's error code, or how the answer was lost. */
  readonly code: string;
  /** When the first of these tries failed. */
  readonly sinceMs?: number;
  /** The number of tries in a row, where it is counted. */
  readonly tries?: number;
}

/** The failure that the connection's next try waits for. `undefined` while its last try succeeded. */
export function failureOf(connection: Connection): Failure | undefined {
  const { evidence, userAction, degraded, lastAnswer, failures, state } = connection;
  const counted = failures > 0 ? { tries: failures } : {};
  if (state === 'needs-user-action' && userAction)
    return { code: userAction.error, sinceMs: userAction.sinceMs };
  if (lastAnswer && lastAnswer.atMs >= (evidence?.lastAtMs ?? 0)) {
    return { code: lastAnswer.code ?? lastAnswer.kind, sinceMs: lastAnswer.sinceMs, ...counted };
  }
  if (evidence) return { code: 'refused', sinceMs: evidence.firstAtMs, tries: evidence.count };
  if (degraded) return { code: degraded.code, sinceMs: degraded.sinceMs, ...counted };
  // Nothing was posted: a key, the client secret or the time was missing.
  return failures > 0 ? { code: NOT_POSTED, ...counted } : undefined;
}

/** When the refresh token is tried next. */
export function plannedTryAtMs(connection: Connection, nowMs: number): number | undefined {
  const atMs = nextTryAtMs(connection, nowMs);
  return Number.isFinite(atMs) ? atMs : undefined;
}
