import type { Connection, ConnectionChanges, ForcedRefreshes, ScopePause } from '../connection/connection.ts';
import { LONGEST_WAIT_MS, nextTryAtMs } from '../connection/due.ts';
import { EVERYTHING_GRANTED } from '../connection/sealed-token.ts';
import { DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS } from '../time-units.ts';
import type { VendOutcome } from './rotate-request.ts';

// How long a connection waits before its next try: as long as Adobe asks (429, Retry-After), by back-off after a
// failure, or longer the more often the same answer comes. And the pauses of one scope set and of forced refreshes.

const LONGEST_BACK_OFF_MS = HOUR_MS;
/** A fault that an operator has to fix. */
export const RETRY_AFTER_OUR_ERROR_MS = 5 * MINUTE_MS;
/** Of the life that is left, one pause may cost this much. */
const LIFE_SHARE = 0.05;
const PATIENCE_SHARE = 0.1;
const LONGEST_PATIENCE_MS = 3 * HOUR_MS;
/** Beyond this number of failures a back-off is at its longest. */
const MOST_DOUBLINGS = 10;
const LONGEST_PAUSE_MS = HOUR_MS;
/** Twice the number of scope sets in the settings, because settings may change within a day. */
const MOST_PAUSES = 8;
/** Adobe's error code is stored in the connection's item. All known codes are shorter. */
const LONGEST_CODE = 64;

/** A 429, or a 5xx with `Retry-After`: as long as Adobe asks, but one more try comes before the expiry. */
export function pauseAskedForMs({ refreshExpiresAtMs }: Connection, askedMs: number, nowMs: number): number {
  const lifeLeftMs = (refreshExpiresAtMs ?? Number.MAX_SAFE_INTEGER) - nowMs;
  const longestMs = lifeLeftMs > 0 ? Math.max(MINUTE_MS, lifeLeftMs / 2) : LONGEST_WAIT_MS;
  return Math.round(Math.min(Math.max(askedMs, SECOND_MS), longestMs, LONGEST_WAIT_MS));
}

/** After a failure: full jitter between a minute and the smaller of one hour and 5 % of the life left. */
export function backOffMs(
  { failures, refreshExpiresAtMs }: Connection,
  nowMs: number,
  jitter: number,
): number {
  const lifeLeftMs = Math.max(0, (refreshExpiresAtMs ?? Number.MAX_SAFE_INTEGER) - nowMs);
  const isExpired = lifeLeftMs === 0;
  const longestMs = isExpired ? LONGEST_BACK_OFF_MS : Math.min(LONGEST_BACK_OFF_MS, lifeLeftMs * LIFE_SHARE);
  return fullJitterMs(failures + 1, longestMs, jitter);
}

/** A minute, or a share of a pause that doubles with each failure. */
export function fullJitterMs(failures: number, longestMs: number, jitter: number): number {
  const grownMs = Math.min(longestMs, MINUTE_MS * 2 ** Math.min(failures, MOST_DOUBLINGS));
  return Math.round(Math.max(MINUTE_MS, grownMs * jitter));
}

/**
 * The shortest pause of a connection that gets the same answer again and again: a share of the time for which it has
 * got it, so that many such connections do not use up what Adobe lets the vault ask for.
 */
export function patienceMs(
  { lastAnswer, refreshExpiresAtMs = Number.MAX_SAFE_INTEGER }: Connection,
  kind: 'odd' | 'throttled',
  nowMs: number,
): number {
  const lastedMs = lastAnswer?.kind === kind ? nowMs - lastAnswer.sinceMs : 0;
  const lifeLeftMs = refreshExpiresAtMs - nowMs;
  const longestMs =
    lifeLeftMs > 0 ? Math.min(LONGEST_PATIENCE_MS, lifeLeftMs * LIFE_SHARE) : LONGEST_PATIENCE_MS;
  return Math.round(Math.min(longestMs, lastedMs * PATIENCE_SHARE));
}

/** An open breaker's pause, as a connection stores it. */
export function heldUntil(untilMs: number): ConnectionChanges {
  return { nextAttemptAtMs: untilMs, heldUntilMs: untilMs };
}

/** The pause does not come from Adobe's answer to this connection: a breaker was open, and may have closed since. */
export function isHeldByBreaker({ nextAttemptAtMs, heldUntilMs }: Connection): boolean {
  return heldUntilMs !== undefined && heldUntilMs === nextAttemptAtMs;
}

/** How long forced refreshes are refused after one more rejected access token. */
export function nextForcedRefreshes(before: ForcedRefreshes | undefined, nowMs: number): ForcedRefreshes {
  const last = before && { count: before.count, untilMs: before.nextAllowedAtMs };
  const { count, untilMs } = grownPause(last, nowMs);
  return { count, nextAllowedAtMs: untilMs };
}

interface Pause {
  readonly count: number;
  readonly untilMs: number;
}

/** A minute, doubling to an hour. After a quiet day it starts again. */
function grownPause(before: Pause | undefined, nowMs: number): Pause {
  const count = before && nowMs - before.untilMs < DAY_MS ? before.count + 1 : 1;
  const pauseMs = Math.min(MINUTE_MS * 2 ** (count - 1), LONGEST_PAUSE_MS);
  return { count, untilMs: nowMs + Math.round(Math.max(MINUTE_MS, pauseMs)) };
}

/**
 * The scope set that a request posts. Where the refresh token itself needs a try (a rotation that is due, a token that
 * may be used, a grant in doubt), everything granted goes first: a narrower request would answer none of these. A
 * rotation that becomes due within the longest back-off counts as due, because a lost answer could delay it.
 */
export function scopeSetToPost(connection: Connection, required: string, nowMs: number): string {
  const { state, failures, degraded } = connection;
  const isInDoubt = state !== 'active' || failures > 0 || degraded !== undefined;
  const isDue = nextTryAtMs(connection, nowMs) <= nowMs + LONGEST_BACK_OFF_MS;
  return isInDoubt || isDue ? EVERYTHING_GRANTED : required;
}

/** The pause of one scope set. A time later than the vault ever writes is ignored. */
export function scopePauseAt(
  { scopePauses = [] }: Pick<Connection, 'scopePauses'>,
  scopeSet: string,
  nowMs: number,
): ScopePause | undefined {
  const pause = scopePauses.find((one) => one.scopeSet === scopeSet);
  return pause && pause.untilMs > nowMs && pause.untilMs <= nowMs + LONGEST_PAUSE_MS + MINUTE_MS
    ? pause
    : undefined;
}

/** A refusal of narrower scopes. */
export interface ScopeRefusal {
  readonly scopeSet: string;
  /** Adobe's error, or ours where it gave none. */
  readonly code: string;
  /** Adobe asked to wait this long. */
  readonly askedMs?: number;
}

/** After a refusal of narrower scopes this scope set waits, and nothing else of the connection changes. */
export function scopesRefused(
  { scopePauses = [] }: Pick<Connection, 'scopePauses'>,
  { scopeSet, code, askedMs = 0 }: ScopeRefusal,
  nowMs: number,
): { readonly changes: ConnectionChanges; readonly outcome: VendOutcome } {
  const before = scopePauses.find((one) => one.scopeSet === scopeSet);
  const { count, untilMs } = grownPause(before && { count: before.refusals, untilMs: before.untilMs }, nowMs);
  const pause: ScopePause = {
    scopeSet,
    code: code.slice(0, LONGEST_CODE),
    refusals: count,
    untilMs: Math.max(untilMs, nowMs + Math.min(Math.round(askedMs), LONGEST_PAUSE_MS)),
  };
  const others = scopePauses.filter((one) => one.scopeSet !== scopeSet && one.untilMs > nowMs - DAY_MS);
  return {
    changes: { scopePauses: [pause, ...others].slice(0, MOST_PAUSES) },
    outcome: scopesRefusedOutcome(pause, nowMs),
  };
}

export function scopesRefusedOutcome({ code, untilMs }: ScopePause, nowMs: number): VendOutcome {
  return { outcome: 'scopes-refused', code, retryAfterMs: untilMs - nowMs };
}

/** A token for this scope set arrived, so its pause is over. */
export function withoutScopePause(
  { scopePauses = [] }: Pick<Connection, 'scopePauses'>,
  scopeSet: string,
): Pick<ConnectionChanges, 'scopePauses'> {
  const others = scopePauses.filter((one) => one.scopeSet !== scopeSet);
  if (others.length === scopePauses.length) return {};
  return { scopePauses: others.length === 0 ? null : others };
}
