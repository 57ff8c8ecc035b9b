import { hash } from 'node:crypto';
import type { Connection, ConnectionChanges, LastAnswer, LastAnswerKind } from '../connection/connection.ts';
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../durations.ts';

/**
 * How much a connection's attempt says about the fleet. `well`: all. `doubtful`: its previous attempt failed as well, so it
 * counts as that one did. `ill`: the fault is its own.
 */
export type Standing = 'well' | 'doubtful' | 'ill';

/** So long a trial is left to connections that say more. */
const TRIAL_DELAY_MS: Readonly<Record<Standing, number>> = { well: 0, doubtful: MINUTE_MS, ill: HOUR_MS };
const LAST_CHANCE_MS = { earliest: DAY_MS, latest: 6 * HOUR_MS };
const PATIENCE_SHARE = 0.1;
const LONGEST_PATIENCE_MS = 3 * HOUR_MS;
/** As for any back-off. */
const LIFE_SHARE = 0.05;
const NAMES_THE_CREDENTIAL = new Set(['invalid_client', 'unauthorized']);

/** `unauthorized` is a 401 without words about a token (RFC 6749 §5.2: the client could not be authenticated). */
export function isCredentialError(error: string): boolean {
  return NAMES_THE_CREDENTIAL.has(error);
}

export function standingOf(connection: Pick<Connection, 'degraded' | 'lastAnswer' | 'state'>): Standing {
  const { degraded, lastAnswer, state } = connection;
  if (degraded || lastAnswer?.alone || state === 'needs-reauthorization') return 'ill';
  return lastAnswer ? 'doubtful' : 'well';
}

export function trialDelayMs(standing: Standing): number {
  return TRIAL_DELAY_MS[standing];
}

/** An open breaker's pause, as a connection keeps it. */
export function heldUntil(untilMs: number): ConnectionChanges {
  return { nextAttemptAtMs: untilMs, heldUntilMs: untilMs };
}

/** The back-off is no answer of Adobe's to this connection: a breaker was open when it was set, and may have closed. */
export function isHeldByBreaker({ nextAttemptAtMs, heldUntilMs }: Connection): boolean {
  return heldUntilMs !== undefined && heldUntilMs === nextAttemptAtMs;
}

/**
 * How long a connection waits at least that gets the same answer about itself again and again: a share of the time for which
 * it has got it, so that many such connections do not use up what Adobe lets the vault ask for.
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

/** What is remembered of one more such answer. */
export function nextLastAnswer(
  before: LastAnswer | undefined,
  kind: LastAnswerKind,
  isFleetInTrouble: boolean,
  nowMs: number,
): LastAnswer {
  const again = before?.kind === kind ? before : undefined;
  const isOwnFault = kind === 'odd' || kind === 'throttled' || (again !== undefined && !isFleetInTrouble);
  return {
    kind,
    sinceMs: again?.sinceMs ?? nowMs,
    atMs: nowMs,
    alone: isOwnFault || again?.alone === true,
  };
}

/**
 * Whether this is the one try that a connection gets before its end, whatever a breaker says. Its moment lies between a
 * day and six hours before the end, by a hash of the id, so that a fleet that ends together does not try together.
 */
export function isLastChance(
  { connectionId, refreshExpiresAtMs, lastAnswer }: Connection,
  nowMs: number,
): boolean {
  const { earliest, latest } = LAST_CHANCE_MS;
  const aheadMs = latest + (earliest - latest) * shareOf(connectionId);
  const fromMs = refreshExpiresAtMs === undefined ? nowMs - DAY_MS : refreshExpiresAtMs - aheadMs;
  const hadIt =
    lastAnswer !== undefined &&
    (lastAnswer.kind === 'credential-refused' || lastAnswer.kind === 'odd') &&
    lastAnswer.atMs >= fromMs;
  return nowMs >= fromMs && !hadIt;
}

/** A number in [0, 1) that is always the same for one connection. */
function shareOf(connectionId: string): number {
  return hash('sha256', `last chance ${connectionId}`, 'buffer').readUInt32BE(0) / 2 ** 32;
}
