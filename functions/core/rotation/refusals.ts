import type { ConnectionEventType } from '../../../client/contract.ts';
import type {
  Connection,
  ConnectionChanges,
  ConnectionEvent,
  RefusalEvidence,
} from '../connection/connection.ts';
import { defined } from '../defined.ts';
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../time-units.ts';
import type { VendOutcome } from './rotate-request.ts';

/** In the order in which they get their one try. */
const FALLBACKS = ['alternate', 'previous'] as const;
/**
 * A connection needs a new consent after four refusals over 24 h, over 6 h where at most 48 h of life are left, or after two
 * refusals once it expired; then each fallback token gets one try.
 */
const REFUSALS_NEEDED = 4;
const REFUSALS_NEEDED_AFTER_EXPIRY = 2;
const PAUSE_AFTER_EXPIRY_MS = 15 * MINUTE_MS;
const PATIENT_ABOVE_LIFE_MS = 48 * HOUR_MS;
const PATIENT_WINDOW_MS = DAY_MS;
const HASTY_WINDOW_MS = 6 * HOUR_MS;
/** The value of `degraded.code` when the stored token cannot be opened. */
export const SEAL_BROKEN = 'seal_broken';
/** A seal does not fix itself; an operator may fix it. */
export const RETRY_BROKEN_SEAL_MS = 6 * HOUR_MS;
const BROKEN_SEAL_PATIENCE_MS = DAY_MS;

/** Which of a connection's stored tokens a run posts. */
export type PostedToken = 'refresh' | 'alternate' | 'previous';

/** What a decision needs to know besides the answer. */
export interface DecisionContext {
  readonly connection: Connection;
  readonly posted: PostedToken;
  /** Many other connections are refused too, so this refusal proves nothing. */
  readonly heldByRefusals: boolean;
  readonly nowMs: number;
  /** The try that an early one took the place of: no pause ends sooner than it would have after that one. */
  readonly plannedAtMs?: number;
  /** In [0, 1). */
  readonly jitter: number;
  readonly eventId: string;
}

/** What an answer without tokens changes about its connection. */
export interface Decision {
  readonly changes: ConnectionChanges;
  readonly outcome: VendOutcome;
}

/**
 * IMS says the grant is dead (`access_denied`, `invalid_grant`). Believed only on repeated evidence; nothing is
 * deleted.
 */
export function refusedDecision(context: DecisionContext): Decision {
  const { connection, nowMs } = context;
  if (connection.state === 'needs-reauthorization') return stillRefused(connection, nowMs);
  if (connection.degraded?.code === SEAL_BROKEN && context.posted !== 'refresh') {
    return fallbackRefused(connection, context.posted, nowMs);
  }
  const evidence = moreEvidence(context);
  const complete = isComplete(evidence, connection, nowMs) && !context.heldByRefusals;
  if (complete && nextFallback(connection, evidence) === undefined) return reauthorization(context, evidence);
  const pauseMs = complete ? MINUTE_MS : pauseBetweenTries(connection, nowMs, context.jitter);
  const nextAttemptAtMs = Math.round(nowMs + pauseMs);
  return {
    changes: { state: 'suspect', evidence, nextAttemptAtMs, rotateAtMs: nextAttemptAtMs, failures: 0 },
    outcome: { outcome: 'suspect', retryAfterMs: pauseMs },
  };
}

/** The refresh token's end of life has passed, and IMS has not answered since. */
export function expiredDecision(context: DecisionContext): Decision {
  return reauthorization(context, context.connection.evidence);
}

/** Which stored token a run posts: the present one or, once that was refused often enough, a fallback for its one try. */
export function tokenToPost(connection: Connection, heldByRefusals: boolean, nowMs: number): PostedToken {
  const { evidence } = connection;
  if (heldByRefusals || !evidence || connection.state !== 'suspect') return 'refresh';
  if (!isComplete(evidence, connection, nowMs)) return 'refresh';
  return nextFallback(connection, evidence) ?? 'refresh';
}

/**
 * Which token is posted in place of one that cannot be opened. For a day none: an operator may bring the sealed bytes
 * back. After that the present token is of no use to anyone, so a fallback's one try has nothing left to cost. Where
 * IMS lets used tokens live (`reuse`, or `grace` until the successor is used), that try saves the grant.
 */
export function tokenToPostInstead(
  connection: Connection,
  broken: PostedToken,
  heldByRefusals: boolean,
  nowMs: number,
): PostedToken | undefined {
  const { degraded, evidence } = connection;
  if (heldByRefusals || degraded?.code !== SEAL_BROKEN) return undefined;
  if (nowMs < degraded.sinceMs + BROKEN_SEAL_PATIENCE_MS) return undefined;
  const unopened = broken === 'refresh' ? [] : FALLBACKS.slice(0, FALLBACKS.indexOf(broken) + 1);
  return nextFallback(connection, { tried: [...(evidence?.tried ?? []), ...unopened] });
}

function nextFallback(
  connection: Connection,
  evidence: Pick<RefusalEvidence, 'tried'>,
): 'alternate' | 'previous' | undefined {
  return FALLBACKS.find((name) => connection[name] !== undefined && !evidence.tried.includes(name));
}

/** A refused fallback says nothing of the present token, which cannot be posted: the fault stays ours. */
function fallbackRefused(connection: Connection, posted: 'alternate' | 'previous', nowMs: number): Decision {
  const { count, firstAtMs, tried } = connection.evidence ?? { count: 0, firstAtMs: nowMs, tried: [] };
  return {
    changes: {
      evidence: { count, firstAtMs, lastAtMs: nowMs, tried: [...tried, posted] },
      nextAttemptAtMs: nowMs + RETRY_BROKEN_SEAL_MS,
    },
    outcome: { outcome: 'degraded', code: SEAL_BROKEN },
  };
}

function stillRefused(connection: Connection, nowMs: number): Decision {
  return {
    changes: { ...oneTryADay(connection, nowMs), failures: 0 },
    outcome: { outcome: 'reauthorization-required' },
  };
}

function reauthorization(context: DecisionContext, evidence: RefusalEvidence | undefined): Decision {
  const { connection, nowMs } = context;
  const reason = isExpired(connection, nowMs) ? 'expired' : 'refused';
  return {
    changes: {
      state: 'needs-reauthorization',
      ...defined({ evidence }),
      ...oneTryADay(connection, nowMs),
      newEvents: eventOf(context, 'Reauthorization Required', { reason }),
    },
    outcome: { outcome: 'reauthorization-required' },
  };
}

function oneTryADay(connection: Connection, nowMs: number): ConnectionChanges {
  const nextMs = nowMs + DAY_MS;
  const worthIt = connection.refreshExpiresAtMs === undefined || nextMs < connection.refreshExpiresAtMs;
  return worthIt
    ? { rotateAtMs: nextMs, nextAttemptAtMs: nextMs }
    : { rotateAtMs: null, nextAttemptAtMs: null };
}

function moreEvidence({ connection, posted, nowMs }: DecisionContext): RefusalEvidence {
  const before = connection.evidence;
  if (posted !== 'refresh' && before) return { ...before, tried: [...before.tried, posted] };
  return {
    count: (before?.count ?? 0) + 1,
    firstAtMs: before?.firstAtMs ?? nowMs,
    lastAtMs: nowMs,
    tried: before?.tried ?? [],
  };
}

function isComplete(evidence: RefusalEvidence, connection: Connection, nowMs: number): boolean {
  // A passed expiry counts as evidence. The vault may have the expiry wrong, so two refusals are needed.
  if (isExpired(connection, nowMs)) return evidence.count >= REFUSALS_NEEDED_AFTER_EXPIRY;
  const spanMs = evidence.lastAtMs - evidence.firstAtMs;
  return evidence.count >= REFUSALS_NEEDED && spanMs >= evidenceWindowMs(connection, nowMs);
}

function evidenceWindowMs(connection: Connection, nowMs: number): number {
  const lifeLeftMs = (connection.refreshExpiresAtMs ?? nowMs) - nowMs;
  return lifeLeftMs > PATIENT_ABOVE_LIFE_MS ? PATIENT_WINDOW_MS : HASTY_WINDOW_MS;
}

/** The tries spread over the window, with a little jitter on top so that the last one lies beyond it. */
function pauseBetweenTries(connection: Connection, nowMs: number, jitter: number): number {
  if (isExpired(connection, nowMs)) return PAUSE_AFTER_EXPIRY_MS;
  const pauseMs = evidenceWindowMs(connection, nowMs) / (REFUSALS_NEEDED - 1);
  return Math.round(pauseMs * (1 + 0.1 * jitter));
}

export function isExpired({ refreshExpiresAtMs }: Connection, nowMs: number): boolean {
  return refreshExpiresAtMs !== undefined && nowMs >= refreshExpiresAtMs;
}

export function eventOf(
  { connection, eventId, nowMs }: DecisionContext,
  type: ConnectionEventType,
  detail: ConnectionEvent['detail'],
): readonly ConnectionEvent[] {
  return [{ id: eventId, type, atMs: nowMs, generation: connection.generation, detail }];
}
