import { hash } from 'node:crypto';
import type { Attempt, AttemptKind, Breakers, OpenBreaker } from './breakers.ts';
import type { Connection } from './connection.ts';
import { DAY_MS, HOUR_MS, MINUTE_MS } from './durations.ts';

const REMEMBERED_ATTEMPTS = 20;
const SHORTEST_PAUSE_MS = MINUTE_MS;
const LONGEST_PAUSE_MS = 30 * MINUTE_MS;
/** Each probe may cost a grant while answers are lost: few of them, and further and further apart. */
const PAUSE_GROWTH = 4;
/** Where half of the answers are lost, a few say little: closing too early costs more than these minutes. */
const ANSWERS_TO_CLOSE = 6;
/** It had closed too early: the pause starts as if it had been reopened this often. */
const RELAPSED = 2;
const WEATHER = { unknownOutcomes: 3, connections: 2, windowMs: HOUR_MS };
const CLIENT = { connections: 2, windowMs: 10 * MINUTE_MS };
const BURST = { connections: 5, share: 0.5, windowMs: DAY_MS };
/** Who is dead keeps asking, and is refused each time: many of them would keep a burst up for ever. */
const BURST_PATIENCE_MS = 3 * DAY_MS;
/** An hour of slow Adobe must not spend the answers of a fleet; below this much life a connection tries anyway. */
const WEATHER_SPARES_BELOW_MS = 48 * HOUR_MS;

export type BreakerName = 'client' | 'weather';
export type BreakerGate =
  | { readonly gate: 'open' }
  | { readonly gate: 'wait'; readonly breaker: BreakerName; readonly untilMs: number }
  /** The pause is over: one caller that stores `reopened` may probe. */
  | { readonly gate: 'probe'; readonly breaker: BreakerName; readonly reopened: Breakers };

/** May a refresh token be redeemed now? */
export function gateOf(breakers: Breakers, lifeLeftMs: number, nowMs: number): BreakerGate {
  if (breakers.client) return gateOfOne('client', breakers, breakers.client, nowMs);
  if (breakers.weather && lifeLeftMs > WEATHER_SPARES_BELOW_MS) {
    return gateOfOne('weather', breakers, breakers.weather, nowMs);
  }
  return { gate: 'open' };
}

function gateOfOne(breaker: BreakerName, breakers: Breakers, open: OpenBreaker, nowMs: number): BreakerGate {
  if (nowMs < open.openUntilMs) return { gate: 'wait', breaker, untilMs: open.openUntilMs };
  const reopened = open.reopened + 1;
  const openUntilMs = nowMs + pauseMs(reopened);
  return { gate: 'probe', breaker, reopened: { ...breakers, [breaker]: { ...open, reopened, openUntilMs } } };
}

/** One attempt's outcome. `invalid_client` says it of the credential, whatever the connection. */
export interface ObservedAttempt {
  readonly connectionId: string;
  readonly kind: AttemptKind;
  readonly error?: string;
  /** Posted although the weather breaker was open: only such an answer says that the weather has changed. */
  readonly probe?: boolean;
}

/** The breakers after an attempt, or `undefined` when nothing changes: a healthy fleet writes nothing. */
export function recordAttempt(
  breakers: Breakers,
  observed: ObservedAttempt,
  nowMs: number,
): Breakers | undefined {
  if (observed.kind === 'success' && isHealthy(breakers)) return undefined;
  const attempt: Attempt = {
    connection: digestOf(observed.connectionId),
    kind: observed.kind,
    atMs: nowMs,
  };
  if (observed.kind === 'success') return afterSuccess(breakers, attempt, observed);
  const recent = [...breakers.recent, attempt].slice(-REMEMBERED_ATTEMPTS);
  // A refusal is an answer: Adobe works and accepted our credential.
  if (observed.kind === 'refused') return afterAnswer(breakers, observed, recent, nowMs);
  const next = { ...breakers, recent };
  // Another failure is an answer: what was lost an hour ago does not make it weather.
  if (observed.kind === 'unknown' && breakers.weather === undefined && isBadWeather(recent, nowMs)) {
    const relapsed = isBadWeather(breakers.recent, nowMs);
    return { ...next, weather: opened('unknown outcomes', nowMs, relapsed ? RELAPSED : 0) };
  }
  if (breakers.client === undefined && isMisconfigured(recent, observed, nowMs)) {
    return { ...next, client: opened(observed.error ?? 'misconfigured', nowMs) };
  }
  return breakers.weather && observed.kind === 'unknown'
    ? { ...next, weather: { ...breakers.weather, answers: 0 } }
    : next;
}

/**
 * Refusals on many connections at once say more about Adobe than about users: while this holds, no fallback token is
 * tried and no connection is called revoked.
 */
export function isRefusalBurst(breakers: Breakers, nowMs: number): boolean {
  const recent = within(breakers.recent, BURST.windowMs, nowMs);
  const refused = recent.filter((attempt) => attempt.kind === 'refused');
  return connectionsIn(refused) >= BURST.connections && refused.length >= recent.length * BURST.share;
}

/** Whether a burst protects this connection: not one that has been refused for days. */
export function isHeldByBurst(
  breakers: Breakers,
  { evidence }: Pick<Connection, 'evidence'>,
  nowMs: number,
): boolean {
  const refusedForMs = nowMs - (evidence?.firstAtMs ?? nowMs);
  return refusedForMs < BURST_PATIENCE_MS && isRefusalBurst(breakers, nowMs);
}

function isHealthy({ client, weather, recent }: Breakers): boolean {
  return !client && !weather && recent.length === 0;
}

function afterSuccess(breakers: Breakers, attempt: Attempt, observed: ObservedAttempt): Breakers {
  const recent = [...breakers.recent, attempt].slice(-REMEMBERED_ATTEMPTS);
  const onlySuccesses = recent.every(({ kind }) => kind === 'success');
  return afterAnswer(breakers, observed, onlySuccesses ? [] : recent, attempt.atMs);
}

/** Any answer closes the client breaker; the weather breaker wants several in a row, and none from before it opened. */
function afterAnswer(
  { revision, weather }: Breakers,
  { probe }: ObservedAttempt,
  recent: readonly Attempt[],
  nowMs: number,
): Breakers {
  const clearing = weather && probe ? oneMoreAnswer(weather, nowMs) : weather;
  return { revision, recent, ...(clearing && { weather: clearing }) };
}

/** The next probe may follow soon; its own pause was reckoned for a silence. */
function oneMoreAnswer(weather: OpenBreaker, nowMs: number): OpenBreaker | undefined {
  const answers = (weather.answers ?? 0) + 1;
  if (answers >= ANSWERS_TO_CLOSE) return undefined;
  const reopened = Math.max(0, weather.reopened - 1);
  return { ...weather, answers, reopened, openUntilMs: nowMs + SHORTEST_PAUSE_MS };
}

function isBadWeather(recent: readonly Attempt[], nowMs: number): boolean {
  const unknown = within(recent, WEATHER.windowMs, nowMs).filter(({ kind }) => kind === 'unknown');
  return unknown.length >= WEATHER.unknownOutcomes && connectionsIn(unknown) >= WEATHER.connections;
}

function isMisconfigured(recent: readonly Attempt[], observed: ObservedAttempt, nowMs: number): boolean {
  if (observed.kind !== 'misconfigured') return false;
  if (observed.error === 'invalid_client') return true;
  const refusals = within(recent, CLIENT.windowMs, nowMs).filter(({ kind }) => kind === 'misconfigured');
  return connectionsIn(refusals) >= CLIENT.connections;
}

function opened(reason: string, nowMs: number, reopened = 0): OpenBreaker {
  return { reason, openedAtMs: nowMs, openUntilMs: nowMs + pauseMs(reopened), reopened };
}

function pauseMs(reopened: number): number {
  return Math.min(SHORTEST_PAUSE_MS * PAUSE_GROWTH ** reopened, LONGEST_PAUSE_MS);
}

function within(attempts: readonly Attempt[], windowMs: number, nowMs: number): readonly Attempt[] {
  return attempts.filter(({ atMs }) => atMs > nowMs - windowMs);
}

function connectionsIn(attempts: readonly Attempt[]): number {
  return new Set(attempts.map(({ connection }) => connection)).size;
}

function digestOf(connectionId: string): string {
  return hash('sha256', connectionId, 'base64url').slice(0, 16);
}
