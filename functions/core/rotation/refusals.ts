import type { Connection, ConnectionChanges, RefusalEvidence } from '../connection/connection.ts';
import { DAY_MS, HOUR_MS } from '../durations.ts';
import type { RotateOutcome } from './rotate-request.ts';

export type PostedToken = 'refresh' | 'alternate' | 'previous';

/** In the order in which they get their one try. */
export const FALLBACKS = ['alternate', 'previous'] as const;

export function nextFallback(
  connection: Connection,
  evidence: Pick<RefusalEvidence, 'tried'>,
): 'alternate' | 'previous' | undefined {
  return FALLBACKS.find((name) => connection[name] !== undefined && !evidence.tried.includes(name));
}

/** As `degraded.code` says it: the stored token cannot be opened. */
export const SEAL_BROKEN = 'seal_broken';
/** A seal does not fix itself; an operator may fix it. */
export const RETRY_BROKEN_SEAL_MS = 6 * HOUR_MS;
const PATIENCE_MS = DAY_MS;

export function isSealBroken({ degraded }: Connection): boolean {
  return degraded?.code === SEAL_BROKEN;
}

/**
 * Which token is posted for one that cannot be opened. For a day nobody's: an operator may bring the sealed bytes back.
 * After that nobody can use the present token any more, so a parent's one try has nothing left to cost, and where IMS
 * lets parents live (`reuse`, or `grace` until the successor is used) it saves the grant.
 */
export function tokenToPostInstead(
  connection: Connection,
  broken: PostedToken,
  refusalBurst: boolean,
  nowMs: number,
): PostedToken | undefined {
  const { degraded, evidence } = connection;
  if (refusalBurst || !isSealBroken(connection) || nowMs < (degraded?.sinceMs ?? nowMs) + PATIENCE_MS) {
    return undefined;
  }
  const unopened = broken === 'refresh' ? [] : FALLBACKS.slice(0, FALLBACKS.indexOf(broken) + 1);
  return nextFallback(connection, { tried: [...(evidence?.tried ?? []), ...unopened] });
}

/** A refused parent says nothing of the present token, which nobody could post: the fault stays ours. */
export function fallbackRefused(
  connection: Connection,
  posted: PostedToken,
  nowMs: number,
): { readonly changes: ConnectionChanges; readonly outcome: RotateOutcome } {
  const { count, firstAtMs, tried } = connection.evidence ?? { count: 0, firstAtMs: nowMs, tried: [] };
  return {
    changes: {
      evidence: {
        count,
        firstAtMs,
        lastAtMs: nowMs,
        tried: posted === 'refresh' ? tried : [...tried, posted],
      },
      nextAttemptAtMs: nowMs + RETRY_BROKEN_SEAL_MS,
    },
    outcome: { outcome: 'degraded', code: SEAL_BROKEN },
  };
}
