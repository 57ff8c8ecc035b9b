import { hash } from 'node:crypto';
import type { Connection } from '../connection/connection.ts';
import { defined } from '../defined.ts';
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../time-units.ts';
import { boundedCode, type Standing, trialDelayMs } from './last-answer.ts';

/**
 * Breakers of the whole fleet, one small record. `credential`: Adobe refuses our credential. `outage`: answers are
 * lost, or Adobe asks the fleet to wait. The refusal breaker (many refusals at once) is derived from `recent`. Written
 * on change only: a healthy fleet writes nothing.
 */
export interface Breakers {
  /** Grows with every write; the condition of the next one. 0 = nothing stored yet. */
  readonly revision: number;
  readonly credential?: OpenBreaker;
  readonly outage?: OpenBreaker;
  /** The last attempts while any of them was bad, newest last, at most 20. */
  readonly recent: readonly Attempt[];
  /** Connections with a first odd answer since the last success, newest last, at most 8. */
  readonly odd?: readonly OddConnection[];
  /** Before this moment no process checks, without a grant, whether the token endpoint answers again. */
  readonly nextCheckAtMs?: number;
}

export interface OpenBreaker {
  readonly reason: string;
  readonly openedAtMs: number;
  /** After this moment one trial may pass. */
  readonly openUntilMs: number;
  /** How often it has been reopened: the pause grows from 1 to 30 minutes. */
  readonly reopened: number;
  /** Trials in a row that brought an answer. */
  readonly answers?: number;
  /** Of the credential: the version of the stored secret that Adobe refused last. */
  readonly secretVersion?: string;
}

export interface Attempt {
  /** A digest of the connection id. */
  readonly connection: string;
  readonly kind: AttemptKind;
  readonly atMs: number;
  /** Adobe's error code, or how the answer was lost. Absent for a success. */
  readonly code?: string;
}

/** `throttled`: Adobe asks to wait. */
export type AttemptKind = 'success' | 'unknown' | 'throttled' | 'refused' | 'misconfigured';

export type OddConnection = Pick<Attempt, 'connection' | 'atMs'>;

const REMEMBERED_ATTEMPTS = 20;
const REMEMBERED_ODD_CONNECTIONS = 8;
const SHORTEST_PAUSE_MS = MINUTE_MS;
const LONGEST_PAUSE_MS = 30 * MINUTE_MS;
/** Each trial may cost a grant while answers are lost: few of them, and further and further apart. */
const PAUSE_GROWTH = 4;
/** Beyond this the pause is at its longest. */
const MOST_REOPENED = 10;
/**
 * While half of the answers are lost, a few answers say little, and closing too early costs more than these minutes.
 */
const ANSWERS_TO_CLOSE = 6;
/** The outage breaker closed too early: its pause starts as if it had been reopened this often. */
const REOPENED_AFTER_EARLY_CLOSE = 2;
const OUTAGE = { unknownOutcomes: 3, connections: 2, windowMs: HOUR_MS };
/** Adobe may limit one grant alone: only several, and no success between them, say that it limits the fleet. */
const THROTTLE = { connections: 3, windowMs: HOUR_MS };
const CREDENTIAL = { connections: 2, windowMs: 10 * MINUTE_MS };
const REFUSALS = { connections: 5, share: 0.5, windowMs: DAY_MS };
const ODD_ANSWERS = { connections: 5, windowMs: 3 * DAY_MS };
/** A dead grant is tried again and refused each time: many of them would keep the refusal breaker open forever. */
const REFUSALS_PATIENCE_MS = 3 * DAY_MS;
/** An hour of slow answers must not cost a fleet its grants. With less life than this a connection tries anyway. */
const OUTAGE_SPARES_BELOW_MS = 48 * HOUR_MS;
const THROTTLED = 'throttled';
/** The token endpoint answered without a grant, and the grant's own answer was lost: such answers say nothing for now. */
const MISLED_PAUSE_MS = HOUR_MS;
/** The clocks of two processes may differ by this much. */
const CLOCK_DIFFERENCE_MS = MINUTE_MS;

export type BreakerName = 'credential' | 'outage';
export type BreakerGate =
  | { readonly kind: 'pass' }
  | { readonly kind: 'hold'; readonly breaker: BreakerName; readonly untilMs: number }
  /** The pause is over: the one run that stores `reopened` may post. */
  | { readonly kind: 'trial'; readonly breaker: BreakerName; readonly reopened: Breakers };

/** What a connection brings to the gate besides its life. */
export interface Candidate {
  readonly standing: Standing;
  /** The credential breaker does not hold it: its last chance, an operator's request, or a changed client secret. */
  readonly passesCredential: boolean;
  /** A caller waits for its access token. */
  readonly forCaller: boolean;
}

const SCHEDULED: Candidate = { standing: 'normal', passesCredential: false, forCaller: false };

/**
 * The stored breakers within what any process writes. A moment beyond that is a misreading: its pause is over, and the
 * next trial stores a right one.
 */
export function boundedBreakers(breakers: Breakers, nowMs: number): Breakers {
  const { revision, credential, outage, recent, odd = [], nextCheckAtMs = 0 } = breakers;
  const latestMs = nowMs + CLOCK_DIFFERENCE_MS;
  const known = recent.filter(({ atMs }) => atMs <= latestMs).slice(-REMEMBERED_ATTEMPTS);
  const knownOdd = odd.filter(({ atMs }) => atMs <= latestMs).slice(-REMEMBERED_ODD_CONNECTIONS);
  return {
    revision,
    recent: known,
    ...(credential && { credential: boundedBreaker(credential, nowMs) }),
    ...(outage && { outage: boundedBreaker(outage, nowMs) }),
    ...(knownOdd.length > 0 && { odd: knownOdd }),
    ...(isBetween(nowMs, nextCheckAtMs, latestMs + MISLED_PAUSE_MS) && { nextCheckAtMs }),
  };
}

function boundedBreaker(open: OpenBreaker, nowMs: number): OpenBreaker {
  const { openUntilMs, openedAtMs, reopened, answers } = open;
  const isMisread = openUntilMs > nowMs + LONGEST_PAUSE_MS + CLOCK_DIFFERENCE_MS;
  return {
    ...open,
    openedAtMs: Math.min(openedAtMs, nowMs),
    openUntilMs: isMisread ? nowMs : Math.min(openUntilMs, nowMs + LONGEST_PAUSE_MS),
    reopened: between(0, reopened, MOST_REOPENED),
    ...(answers !== undefined && { answers: between(0, answers, ANSWERS_TO_CLOSE - 1) }),
  };
}

/** Whether the breakers let a refresh token be posted now. */
export function breakerGate(
  breakers: Breakers,
  lifeLeftMs: number,
  nowMs: number,
  candidate: Candidate = SCHEDULED,
): BreakerGate {
  const { credential, outage } = breakers;
  const { standing } = candidate;
  if (credential && !candidate.passesCredential)
    return gateOfOpen('credential', breakers, credential, { standing, nowMs });
  if (outage && lifeLeftMs > OUTAGE_SPARES_BELOW_MS && !isServedAnyway(outage, candidate)) {
    return gateOfOpen('outage', breakers, outage, { standing, nowMs });
  }
  return { kind: 'pass' };
}

/** A throttled post costs no grant, so this breaker holds scheduled rotations back, but no callers. */
function isServedAnyway({ reason }: OpenBreaker, { forCaller }: Candidate): boolean {
  return forCaller && reason === THROTTLED;
}

function gateOfOpen(
  breaker: BreakerName,
  breakers: Breakers,
  open: OpenBreaker,
  { standing, nowMs }: { readonly standing: Standing; readonly nowMs: number },
): BreakerGate {
  const trialAtMs = open.openUntilMs + trialDelayMs(standing);
  if (nowMs < trialAtMs) {
    return { kind: 'hold', breaker, untilMs: Math.min(trialAtMs, nowMs + LONGEST_PAUSE_MS) };
  }
  return { kind: 'trial', breaker, reopened: withTrial(breakers, breaker, open, nowMs) };
}

function withTrial(breakers: Breakers, breaker: BreakerName, open: OpenBreaker, nowMs: number): Breakers {
  const reopened = open.reopened + 1;
  return { ...breakers, [breaker]: { ...open, reopened, openUntilMs: nowMs + pauseMs(reopened) } };
}

/** The trial that a sign of life brings forward. `undefined` while the outage breaker is closed. */
export function earlyTrial(breakers: Breakers, nowMs: number): Breakers | undefined {
  return breakers.outage && withTrial(breakers, 'outage', breakers.outage, nowMs);
}

/** What one attempt brought. */
export interface ObservedAttempt {
  readonly connectionId: string;
  /** `odd`: an answer about this grant alone. `nothing`: it says nothing of the fleet. */
  readonly kind: AttemptKind | 'odd' | 'nothing';
  readonly error?: string;
  /** As in `Attempt`. */
  readonly code?: string;
  /** Posted although the outage breaker was open: only such an answer says that the outage has ended. */
  readonly throughOutage?: boolean;
  /** It was this breaker's trial. */
  readonly trial?: BreakerName;
  /** False: this connection reported the same before, or the fault is its own. It opens no breaker. */
  readonly isNews?: boolean;
  /** The version of the stored credential secret that was refused. */
  readonly secretVersion?: string;
  /** Posted before its time, because the token endpoint had answered without a grant. */
  readonly isEarly?: boolean;
}

/** The breakers after an attempt, or `undefined` when nothing changes: a healthy fleet writes nothing. */
export function recordAttempt(
  breakers: Breakers,
  observed: ObservedAttempt,
  nowMs: number,
): Breakers | undefined {
  const next = afterAttempt(breakers, observed, nowMs);
  const isMisled = observed.isEarly && (observed.kind === 'unknown' || observed.kind === 'throttled');
  return isMisled ? { ...(next ?? breakers), nextCheckAtMs: nowMs + MISLED_PAUSE_MS } : next;
}

function afterAttempt(breakers: Breakers, observed: ObservedAttempt, nowMs: number): Breakers | undefined {
  const { connectionId, kind } = observed;
  if (kind === 'nothing') return withTrialGivenBack(breakers, observed, nowMs);
  if (kind === 'odd') return afterOddAnswer(breakers, observed, nowMs);
  const code = boundedCode(observed.code);
  const attempt: Attempt = { connection: digestOf(connectionId), kind, atMs: nowMs, ...defined({ code }) };
  const recent = [...breakers.recent, attempt].slice(-REMEMBERED_ATTEMPTS);
  switch (kind) {
    case 'success':
      return isHealthy(breakers) ? undefined : afterSuccess(breakers, observed, recent, nowMs);
    case 'refused':
      return afterRefusal(breakers, observed, recent, nowMs);
    case 'unknown':
    case 'throttled':
      return afterNoTokens(breakers, observed, recent, nowMs);
    case 'misconfigured':
      return afterCredentialRefusal(breakers, observed, recent, nowMs);
  }
}

/**
 * The refusal breaker. Refusals on many connections at once say more about Adobe than about users: while this holds, no
 * fallback token is tried and no connection is called revoked.
 */
export function isRefusalBreakerOpen(breakers: Breakers, nowMs: number): boolean {
  const recent = within(breakers.recent, REFUSALS.windowMs, nowMs);
  const refused = recent.filter((attempt) => attempt.kind === 'refused');
  return connectionsIn(refused) >= REFUSALS.connections && refused.length >= recent.length * REFUSALS.share;
}

/** Odd answers to many connections, and no success between them. No post is held back, but decisions are. */
export function hasManyOddAnswers({ odd = [] }: Breakers, nowMs: number): boolean {
  return within(odd, ODD_ANSWERS.windowMs, nowMs).length >= ODD_ANSWERS.connections;
}

/** Whether the refusal breaker, or many odd answers, protect this connection: not one that has been refused for days. */
export function isHeldByRefusals(
  breakers: Breakers,
  { evidence, lastAnswer }: Pick<Connection, 'evidence' | 'lastAnswer'>,
  nowMs: number,
): boolean {
  const oddSinceMs = lastAnswer?.kind === 'odd' ? lastAnswer.sinceMs : nowMs;
  const refusedForMs = nowMs - Math.min(evidence?.firstAtMs ?? nowMs, oddSinceMs);
  return (
    refusedForMs < REFUSALS_PATIENCE_MS &&
    (isRefusalBreakerOpen(breakers, nowMs) || hasManyOddAnswers(breakers, nowMs))
  );
}

function isHealthy({ credential, outage, recent, odd = [] }: Breakers): boolean {
  return !credential && !outage && recent.length === 0 && odd.length === 0;
}

/** A success forgets the odd answers: Adobe works, and they concern their connections alone. */
function afterSuccess(
  { odd: _, ...breakers }: Breakers,
  observed: ObservedAttempt,
  recent: readonly Attempt[],
  nowMs: number,
): Breakers {
  const onlySuccesses = recent.every(({ kind }) => kind === 'success');
  return afterAnswer(breakers, observed, onlySuccesses ? [] : recent, nowMs);
}

/** A refusal is an answer: Adobe works and accepted our credential. */
function afterRefusal(
  breakers: Breakers,
  observed: ObservedAttempt,
  recent: readonly Attempt[],
  nowMs: number,
): Breakers | undefined {
  if (observed.isNews !== false) return afterAnswer(breakers, observed, recent, nowMs);
  const changesNothing = !breakers.credential && !(breakers.outage && observed.throughOutage);
  return changesNothing ? undefined : afterAnswer(breakers, observed, breakers.recent, nowMs);
}

/**
 * Any answer closes the credential breaker. The outage breaker needs several in a row, to posts made since it opened.
 */
function afterAnswer(
  { revision, outage, odd, nextCheckAtMs }: Breakers,
  { throughOutage }: ObservedAttempt,
  recent: readonly Attempt[],
  nowMs: number,
): Breakers {
  const clearing = outage && throughOutage ? oneMoreAnswer(outage, nowMs) : outage;
  return { revision, recent, ...defined({ outage: clearing, odd, nextCheckAtMs }) };
}

/** The next trial may follow soon: the present pause assumed that no answers come. */
function oneMoreAnswer(outage: OpenBreaker, nowMs: number): OpenBreaker | undefined {
  const answers = (outage.answers ?? 0) + 1;
  if (answers >= ANSWERS_TO_CLOSE) return undefined;
  const reopened = Math.max(0, outage.reopened - 1);
  return { ...outage, answers, reopened, openUntilMs: nowMs + SHORTEST_PAUSE_MS };
}

/** The answer was lost, or Adobe asked to wait. */
function afterNoTokens(
  breakers: Breakers,
  observed: ObservedAttempt,
  recent: readonly Attempt[],
  nowMs: number,
): Breakers | undefined {
  const { outage } = breakers;
  const isNews = observed.isNews !== false;
  const reason = isNews ? reasonToOpenOutage(breakers, recent, observed, nowMs) : undefined;
  if (reason !== undefined) {
    const relapsed = reason !== THROTTLED && isOutage(breakers.recent, nowMs);
    return { ...breakers, recent, outage: opened(reason, nowMs, relapsed ? REOPENED_AFTER_EARLY_CLOSE : 0) };
  }
  if (!isNews) return undefined;
  return { ...breakers, recent, ...(outage && { outage: { ...outage, answers: 0 } }) };
}

/** Why the outage breaker opens; `undefined` where it does not. Only losses of the last hour count. */
function reasonToOpenOutage(
  { outage }: Breakers,
  recent: readonly Attempt[],
  { kind }: ObservedAttempt,
  nowMs: number,
): string | undefined {
  const isOpen = outage !== undefined && outage.reason !== THROTTLED;
  if (kind === 'unknown') return !isOpen && isOutage(recent, nowMs) ? 'unknown outcomes' : undefined;
  return outage === undefined && isThrottled(recent, nowMs) ? THROTTLED : undefined;
}

function isOutage(recent: readonly Attempt[], nowMs: number): boolean {
  const unknown = within(recent, OUTAGE.windowMs, nowMs).filter(({ kind }) => kind === 'unknown');
  return unknown.length >= OUTAGE.unknownOutcomes && connectionsIn(unknown) >= OUTAGE.connections;
}

function isThrottled(recent: readonly Attempt[], nowMs: number): boolean {
  const throttled = within(sinceLastSuccess(recent), THROTTLE.windowMs, nowMs).filter(
    ({ kind }) => kind === THROTTLED,
  );
  return connectionsIn(throttled) >= THROTTLE.connections;
}

function afterCredentialRefusal(
  breakers: Breakers,
  observed: ObservedAttempt,
  recent: readonly Attempt[],
  nowMs: number,
): Breakers | undefined {
  const { credential } = breakers;
  const version = defined({ secretVersion: observed.secretVersion });
  if (credential) {
    const isKnown = version.secretVersion === undefined || version.secretVersion === credential.secretVersion;
    return isKnown ? undefined : { ...breakers, credential: { ...credential, ...version } };
  }
  if (observed.isNews === false) return withTrialGivenBack(breakers, observed, nowMs);
  if (!isCredentialRefused(recent, observed, nowMs)) return { ...breakers, recent };
  const reason = observed.error ?? 'misconfigured';
  return { ...breakers, recent, credential: { ...opened(reason, nowMs), ...version } };
}

function isCredentialRefused(recent: readonly Attempt[], { error }: ObservedAttempt, nowMs: number): boolean {
  if (error === 'invalid_client') return true;
  const refusals = within(sinceLastSuccess(recent), CREDENTIAL.windowMs, nowMs).filter(
    ({ kind }) => kind === 'misconfigured',
  );
  return connectionsIn(refusals) >= CREDENTIAL.connections;
}

/** It opens and closes no breaker: it came from Adobe, or from a gateway before it, and is about one grant. */
function afterOddAnswer(breakers: Breakers, observed: ObservedAttempt, nowMs: number): Breakers | undefined {
  const spared = withTrialGivenBack(breakers, observed, nowMs);
  const known = within(breakers.odd ?? [], ODD_ANSWERS.windowMs, nowMs);
  if (observed.isNews === false || known.length >= REMEMBERED_ODD_CONNECTIONS) return spared;
  const connection = digestOf(observed.connectionId);
  const others = known.filter((one) => one.connection !== connection);
  return { ...(spared ?? breakers), odd: [...others, { connection, atMs: nowMs }] };
}

/** A trial that said nothing must not cost the others the whole pause. */
function withTrialGivenBack(
  breakers: Breakers,
  { trial }: ObservedAttempt,
  nowMs: number,
): Breakers | undefined {
  const open = trial && breakers[trial];
  if (!open) return undefined;
  const reopened = Math.max(0, open.reopened - 1);
  const openUntilMs = Math.min(open.openUntilMs, nowMs + SHORTEST_PAUSE_MS);
  return { ...breakers, [trial]: { ...open, reopened, openUntilMs } };
}

function opened(reason: string, nowMs: number, reopened = 0): OpenBreaker {
  return { reason, openedAtMs: nowMs, openUntilMs: nowMs + pauseMs(reopened), reopened };
}

function pauseMs(reopened: number): number {
  return Math.min(SHORTEST_PAUSE_MS * PAUSE_GROWTH ** reopened, LONGEST_PAUSE_MS);
}

function sinceLastSuccess(recent: readonly Attempt[]): readonly Attempt[] {
  return recent.slice(recent.findLastIndex(({ kind }) => kind === 'success') + 1);
}

function within<Noted extends { readonly atMs: number }>(
  attempts: readonly Noted[],
  windowMs: number,
  nowMs: number,
): readonly Noted[] {
  return attempts.filter(({ atMs }) => atMs > nowMs - windowMs);
}

function connectionsIn(attempts: readonly Attempt[]): number {
  return new Set(attempts.map(({ connection }) => connection)).size;
}

function digestOf(connectionId: string): string {
  return hash('sha256', connectionId, 'base64url').slice(0, 16);
}

function isBetween(least: number, value: number, most: number): boolean {
  return least <= value && value <= most;
}

function between(least: number, value: number, most: number): number {
  return Math.min(Math.max(value, least), most);
}
