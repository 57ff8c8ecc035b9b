import type { Connection, ConnectionChanges, ScopePause } from '../connection/connection.ts';
import { nextTryAtMs } from '../connection/due.ts';
import { EVERYTHING_GRANTED } from '../connection/sealed-token.ts';
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../durations.ts';
import { LONGEST_BACK_OFF_MS } from './decisions.ts';
import type { RotateOutcome } from './rotate-request.ts';

const LONGEST_PAUSE_MS = HOUR_MS;
/** Twice what the settings may name: they may change within a day. */
const MOST_PAUSES = 8;
/** Adobe's words end up in a row; none that is known is longer. */
const LONGEST_CODE = 64;

/** A refusal of narrower scopes. */
export interface ScopeRefusal {
  readonly scopeSet: string;
  /** Adobe's error, or ours where it gave none. */
  readonly code: string;
  /** Adobe asked to wait this long. */
  readonly askedMs?: number;
}

/**
 * The scope set that a caller's request posts. Where the refresh token itself needs a try (a rotation that is due, a token
 * that may be spent, a grant in doubt), everything granted goes first: asking for less would answer none of these.
 * Due is also what a lost answer to the narrower request could put off.
 */
export function scopeSetToPost(connection: Connection, requirement: string, nowMs: number): string {
  const { state, failures, degraded } = connection;
  const isInDoubt = state !== 'active' || failures > 0 || degraded !== undefined;
  const isDue = nextTryAtMs(connection, nowMs) <= nowMs + LONGEST_BACK_OFF_MS;
  return isInDoubt || isDue ? EVERYTHING_GRANTED : requirement;
}

/** The pause of one scope set. A moment that no refusal of ours leads to is a misreading: no pause. */
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

/** What a refusal of narrower scopes means: this scope set waits, and nothing else of the connection changes. */
export function scopesRefused(
  { scopePauses = [] }: Pick<Connection, 'scopePauses'>,
  { scopeSet, code, askedMs = 0 }: ScopeRefusal,
  nowMs: number,
): { readonly changes: ConnectionChanges; readonly outcome: RotateOutcome } {
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

export function scopesRefusedOutcome({ code, untilMs }: ScopePause, nowMs: number): RotateOutcome {
  return { outcome: 'scopes-refused', code, retryAfterMs: untilMs - nowMs };
}

/** A token for this scope set arrived: its pause is over. */
export function withoutScopePause(
  { scopePauses = [] }: Pick<Connection, 'scopePauses'>,
  scopeSet: string,
): Pick<ConnectionChanges, 'scopePauses'> {
  const others = scopePauses.filter((one) => one.scopeSet !== scopeSet);
  if (others.length === scopePauses.length) return {};
  return { scopePauses: others.length === 0 ? null : others };
}

interface Pause {
  readonly count: number;
  readonly untilMs: number;
}

/** A minute, doubling to an hour; after a quiet day it starts again. */
export function grownPause(before: Pause | undefined, nowMs: number): Pause {
  const count = before && nowMs - before.untilMs < DAY_MS ? before.count + 1 : 1;
  const pauseMs = Math.min(MINUTE_MS * 2 ** (count - 1), LONGEST_PAUSE_MS);
  return { count, untilMs: nowMs + Math.round(Math.max(MINUTE_MS, pauseMs)) };
}
