import type {
  Connection,
  ConnectionChanges,
  ConnectionEvent,
  ConnectionEventType,
} from '../connection/connection.ts';
import { defined } from '../defined.ts';
import { HOUR_MS, MINUTE_MS } from '../durations.ts';
import { backOffMs, pauseAskedForMs } from './pauses.ts';
import type { VendOutcome } from './rotate-request.ts';

const USER_ACTION_TRY_MS = 6 * HOUR_MS;
const USER_ACTION_VEND_MS = 5 * MINUTE_MS;
const UNEXPECTED_ANSWERS_ALLOWED = 5;

/** Which of a connection's stored tokens a run posts. */
export type PostedToken = 'refresh' | 'alternate' | 'previous';

/** What a decision needs to know besides the answer. */
export interface DecisionContext {
  readonly connection: Connection;
  readonly posted: PostedToken;
  /** So many refusals elsewhere that this one proves nothing. */
  readonly refusalBurst: boolean;
  readonly nowMs: number;
  /** In [0, 1). */
  readonly jitter: number;
  readonly eventId: string;
}

/** What an answer without tokens changes about its connection. */
export interface Decision {
  readonly changes: ConnectionChanges;
  readonly outcome: VendOutcome;
}

/** `ride_*` and its like: the user must act at Adobe. The grant is alive. */
export function userActionDecision(
  context: DecisionContext,
  answer: { readonly error: string; readonly jumpUrl?: string },
): Decision {
  const { connection, nowMs } = context;
  const { error, jumpUrl } = answer;
  const sinceMs = connection.userAction?.sinceMs ?? nowMs;
  const userAction = { error, sinceMs, ...defined({ jumpUrl }) };
  const isNew = connection.state !== 'needs-user-action';
  return {
    changes: {
      state: 'needs-user-action',
      userAction,
      failures: 0,
      // After the expiry only this moment says when to look again.
      nextAttemptAtMs: nowMs + (isExpired(connection, nowMs) ? USER_ACTION_TRY_MS : USER_ACTION_VEND_MS),
      rotateAtMs: nowMs + USER_ACTION_TRY_MS,
      ...(isNew && { newEvents: eventOf(context, 'User Action Required', { error }) }),
    },
    outcome: { outcome: 'user-action-required', ...defined({ jumpUrl }) },
  };
}

/** What IMS did is not known: keep everything, try again after a back-off. */
export function unknownDecision(context: DecisionContext): Decision {
  const { connection, nowMs, jitter } = context;
  const retryAfterMs = backOffMs(connection, nowMs, jitter);
  const nextAttemptAtMs = nowMs + retryAfterMs;
  // The token may be spent: while the old one may still be good, the next try must not wait until it is due.
  const rotateAtMs = Math.min(connection.rotateAtMs ?? nextAttemptAtMs, nextAttemptAtMs);
  return {
    changes: { failures: connection.failures + 1, nextAttemptAtMs, rotateAtMs },
    outcome: { outcome: 'unknown', retryAfterMs },
  };
}

/**
 * IMS asks to wait: a 429, or a 5xx with `Retry-After`.
 * @param mayBeUsed the old token may be good for a while only, so the next try does not wait until it is due
 */
export function waitDecision(
  { connection, nowMs }: DecisionContext,
  askedMs: number,
  mayBeUsed = false,
): Decision {
  const retryAfterMs = pauseAskedForMs(connection, askedMs, nowMs);
  const nextAttemptAtMs = nowMs + retryAfterMs;
  const rotateAtMs = Math.min(connection.rotateAtMs ?? nextAttemptAtMs, nextAttemptAtMs);
  return {
    changes: { nextAttemptAtMs, ...(mayBeUsed && { rotateAtMs }) },
    outcome: { outcome: 'waiting', reason: 'backoff', retryAfterMs },
  };
}

/** Our credential was refused for this connection alone, or an unknown 4xx kept coming: a fault of ours, not the user's. */
export function degradedDecision(context: DecisionContext, code: string): Decision {
  const { connection, nowMs } = context;
  const isNew = connection.degraded === undefined;
  return {
    changes: {
      ...unknownDecision(context).changes,
      degraded: { code, sinceMs: connection.degraded?.sinceMs ?? nowMs },
      ...(isNew && { newEvents: eventOf(context, 'Degraded', { code }) }),
    },
    outcome: { outcome: 'degraded', code },
  };
}

/** A 4xx that Adobe does not document: as an unknown outcome, but not forever. */
export function unexpectedDecision(context: DecisionContext): Decision {
  return context.connection.failures + 1 >= UNEXPECTED_ANSWERS_ALLOWED
    ? degradedDecision(context, 'unexpected_answer')
    : unknownDecision(context);
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
