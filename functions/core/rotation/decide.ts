import { isCredentialError } from '../client-secrets.ts';
import type { Connection, ConnectionChanges, LastAnswerKind } from '../connection/connection.ts';
import { afterTakeover } from '../connection/due.ts';
import { defined } from '../defined.ts';
import type { TokenAnswer } from '../ports/ims.ts';
import { HOUR_MS, MINUTE_MS } from '../time-units.ts';
import { answerCode, type BreakerReport, type Observed } from './breaker-report.ts';
import { type Breakers, isHeldByRefusals } from './breakers.ts';
import { nextLastAnswer } from './last-answer.ts';
import { backOffMs, heldUntil, patienceMs, pauseAskedForMs, scopesRefused } from './pauses.ts';
import {
  type Decision,
  type DecisionContext,
  eventOf,
  isExpired,
  type PostedToken,
  refusedDecision,
} from './refusals.ts';
import { type Run, randomId, randomShare, releaseLease, type StepResult } from './run.ts';

const USER_ACTION_TRY_MS = 6 * HOUR_MS;
const USER_ACTION_VEND_MS = 5 * MINUTE_MS;
const UNEXPECTED_ANSWERS_ALLOWED = 5;

type BadTokenAnswer = Exclude<TokenAnswer, { readonly kind: 'tokens' }>;

export interface BadAnswer {
  readonly answer: BadTokenAnswer;
  readonly posted: PostedToken;
  /** When this try was planned, where it came before its time. */
  readonly plannedAtMs: number;
  readonly scopeSet: string;
  /** Narrower scopes were asked for: a refusal of them says nothing of the grant. */
  readonly narrowed: boolean;
  /** An answer to the same token may have been lost before this one. */
  readonly afterLoss: boolean;
  readonly report: BreakerReport;
}

/**
 * What an answer without tokens, or no answer, means for the connection: the table in docs/rotation.md. Written only
 * while this run still holds the lease on the version it posted. If that moved, another run won and this answer decides
 * nothing.
 */
export async function decideWithoutTokens(
  run: Run,
  connection: Connection,
  bad: BadAnswer,
): Promise<StepResult> {
  const { deps } = run;
  const { connectionId } = connection;
  const breakers = await bad.report.ended({ ...observed(bad), code: answerCode(bad.answer) });
  const nowMs = deps.clock.nowMs();
  const context: DecisionContext = {
    connection,
    posted: bad.posted,
    heldByRefusals: isHeldByRefusals(breakers, connection, nowMs),
    nowMs,
    plannedAtMs: bad.plannedAtMs,
    jitter: randomShare(deps),
    eventId: randomId(deps),
  };
  const decision = decisionOf(context, bad, breakers);
  log(run, connection, bad, decision);
  const released = await releaseLease(run, connection, {
    ...lastAnswerAfter(connection, bad, nowMs),
    ...decision.changes,
    ...afterTakeover(connection, decision.changes, nowMs),
  });
  if (released.kind === 'written') return { outcome: decision.outcome, connection: released.connection };
  deps.telemetry.info('Another run’s write came first; this answer decides nothing.', { connectionId });
  const current = await deps.connections.read(connectionId);
  return { outcome: { outcome: 'superseded' }, ...defined({ connection: current }) };
}

function decisionOf(context: DecisionContext, bad: BadAnswer, breakers: Breakers): Decision {
  const { answer } = bad;
  const { connection, nowMs } = context;
  if (bad.narrowed) return narrowedDecision(context, bad, breakers);
  switch (answer.kind) {
    case 'refused':
      return refusedDecision(context);
    case 'user-action':
      return userActionDecision(context, answer);
    case 'wait': {
      const askedMs = Math.max(answer.retryAfterMs, patienceMs(connection, 'throttled', nowMs));
      return waitDecision(context, askedMs, answer.mayBeUsed);
    }
    case 'unknown':
      return unknownDecision(context);
    case 'unexpected':
      return oddDecision(context, unexpectedDecision);
    case 'misconfigured':
      return misconfiguredDecision(context, answer.error, breakers);
  }
}

/**
 * An answer to narrower scopes that arrived says something of them, or of our credential, and nothing of the grant. One
 * that was lost may have used the token, whatever it was asked for.
 */
function narrowedDecision(context: DecisionContext, bad: BadAnswer, breakers: Breakers): Decision {
  const { answer, scopeSet } = bad;
  if (answer.kind === 'wait' && answer.mayBeUsed) return waitDecision(context, answer.retryAfterMs, true);
  // The first post may have used the token, whatever the second one's answer is.
  if (answer.kind === 'unknown' || bad.afterLoss) return unknownDecision(context);
  if (answer.kind === 'misconfigured' && isCredentialError(answer.error) && breakers.credential) {
    return { ...misconfiguredDecision(context, answer.error, breakers), changes: {} };
  }
  const code = 'error' in answer && answer.error !== undefined ? answer.error : answer.kind;
  const askedMs = answer.kind === 'wait' ? answer.retryAfterMs : 0;
  return scopesRefused(context.connection, { scopeSet, code, askedMs }, context.nowMs);
}

/** Many odd answers at once change no connection's state. */
function oddDecision(context: DecisionContext, alone: (context: DecisionContext) => Decision): Decision {
  const { connection, nowMs, heldByRefusals } = context;
  const { changes, outcome } = heldByRefusals ? unknownDecision(context) : alone(context);
  const soonestMs = nowMs + patienceMs(connection, 'odd', nowMs);
  return {
    changes: { ...changes, nextAttemptAtMs: Math.max(changes.nextAttemptAtMs ?? 0, soonestMs) },
    outcome,
  };
}

/** No connection changes state while the credential itself is in doubt. */
function misconfiguredDecision(context: DecisionContext, error: string, { credential }: Breakers): Decision {
  if (!isCredentialError(error)) return oddDecision(context, (its) => degradedDecision(its, error));
  if (credential === undefined) return degradedDecision(context, error);
  const untilMs = credential.openUntilMs + Math.round(MINUTE_MS * context.jitter);
  const retryAfterMs = Math.max(MINUTE_MS, untilMs - context.nowMs);
  return {
    changes: heldUntil(context.nowMs + retryAfterMs),
    outcome: { outcome: 'waiting', reason: 'credential-breaker', retryAfterMs },
  };
}

/** `ride_*` and its like: the user must act at Adobe. The grant is alive. */
function userActionDecision(
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
function unknownDecision(context: DecisionContext): Decision {
  const { connection, nowMs, plannedAtMs = 0, jitter } = context;
  const nextAttemptAtMs = Math.max(nowMs, plannedAtMs) + backOffMs(connection, nowMs, jitter);
  const retryAfterMs = nextAttemptAtMs - nowMs;
  // The token may be used: while the old one may still be good, the next try must not wait until it is due.
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
function waitDecision(context: DecisionContext, askedMs: number, mayBeUsed = false): Decision {
  const { connection, nowMs, plannedAtMs = 0 } = context;
  const nextAttemptAtMs = Math.max(nowMs + pauseAskedForMs(connection, askedMs, nowMs), plannedAtMs);
  const retryAfterMs = nextAttemptAtMs - nowMs;
  const rotateAtMs = Math.min(connection.rotateAtMs ?? nextAttemptAtMs, nextAttemptAtMs);
  return {
    changes: { nextAttemptAtMs, ...(mayBeUsed && { rotateAtMs }) },
    outcome: { outcome: 'waiting', reason: 'backoff', retryAfterMs },
  };
}

/**
 * Our credential was refused for this connection alone, or an unknown 4xx kept coming: a fault of ours, not the user's.
 */
function degradedDecision(context: DecisionContext, code: string): Decision {
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
function unexpectedDecision(context: DecisionContext): Decision {
  return context.connection.failures + 1 >= UNEXPECTED_ANSWERS_ALLOWED
    ? degradedDecision(context, 'unexpected_answer')
    : unknownDecision(context);
}

/** What the fleet may conclude from it. A refusal of narrower scopes names nothing but, perhaps, the credential. */
function observed({ answer, narrowed }: BadAnswer): Observed {
  if (answer.kind === 'unknown') return { kind: 'unknown' };
  if (answer.kind === 'misconfigured' && answer.error === 'invalid_client') {
    return { kind: 'misconfigured', error: answer.error };
  }
  if (narrowed) return { kind: 'nothing' };
  switch (answer.kind) {
    case 'refused':
      return { kind: 'refused' };
    case 'user-action':
      return { kind: 'success' };
    case 'wait':
      return { kind: 'throttled' };
    case 'unexpected':
      return { kind: 'odd', error: answer.error ?? `status ${answer.status}` };
    case 'misconfigured':
      return { kind: isCredentialError(answer.error) ? 'misconfigured' : 'odd', error: answer.error };
  }
}

/** What is remembered of it, so that a fault of this connection alone is not taken for the fleet’s. */
function lastAnswerAfter(connection: Connection, bad: BadAnswer, nowMs: number): ConnectionChanges {
  const kind = LAST_ANSWERS[observed(bad).kind];
  if (kind === 'keep' || (bad.narrowed && kind !== 'lost')) return {};
  if (kind === undefined) return connection.lastAnswer ? { lastAnswer: null } : {};
  const came = { kind, code: answerCode(bad.answer), early: bad.plannedAtMs > nowMs };
  return { lastAnswer: nextLastAnswer(connection.lastAnswer, came, bad.report.inTrouble, nowMs) };
}

const LAST_ANSWERS: Readonly<Record<Observed['kind'], LastAnswerKind | 'keep' | undefined>> = {
  success: undefined,
  refused: undefined,
  nothing: 'keep',
  unknown: 'lost',
  throttled: 'throttled',
  odd: 'odd',
  misconfigured: 'credential-refused',
};

function log(run: Run, connection: Connection, { answer, posted }: BadAnswer, decision: Decision): void {
  if (decision.changes.degraded) {
    run.deps.telemetry.measure('ConnectionDegraded', 1, 'Count', { reason: 'adobe_answer' });
  }
  run.deps.telemetry.warn('A refresh brought no tokens.', {
    connectionId: connection.connectionId,
    generation: connection.generation,
    version: connection.version,
    posted,
    answer: answer.kind,
    error: 'error' in answer ? answer.error : undefined,
    reason: 'reason' in answer ? answer.reason : undefined,
    imsDebugId: answer.debugId,
    decision: decision.outcome.outcome,
  });
}
