import { describe, expect, it } from 'vitest';
import type { AttemptKind, Breakers } from '../../../functions/core/rotation/breakers.ts';
import {
  breakerGate,
  isHeldByRefusals,
  isRefusalBreakerOpen,
  recordAttempt,
} from '../../../functions/core/rotation/breakers.ts';
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../../functions/core/time-units.ts';

const NOW_MS = Date.UTC(2026, 0, 15, 12);
const HEALTHY: Breakers = { revision: 0, recent: [] };
const PLENTY_MS = 10 * DAY_MS;

type Step = readonly [connectionId: string, kind: AttemptKind, error?: string | undefined, atMs?: number];

const LOST: readonly Step[] = [
  ['a', 'unknown'],
  ['a', 'unknown'],
  ['b', 'unknown'],
];

/** The gate lets one trial pass as soon as it may, and this is what becomes of it. */
function trial(breakers: Breakers, kind: AttemptKind): Breakers {
  const atMs = breakers.outage?.openUntilMs ?? NOW_MS;
  const gate = breakerGate(breakers, PLENTY_MS, atMs);
  if (gate.kind !== 'trial') throw new Error('A trial was expected.');
  return (
    recordAttempt(gate.reopened, { connectionId: 'p', kind, throughOutage: true }, atMs) ?? gate.reopened
  );
}

function pauseMinutes(breakers: Breakers, sinceMs: number): number {
  return ((breakers.outage?.openUntilMs ?? 0) - sinceMs) / MINUTE_MS;
}

function remember(steps: readonly Step[], start: Breakers = HEALTHY): Breakers {
  return steps.reduce(
    (breakers, [connectionId, kind, error, atMs = NOW_MS]) =>
      recordAttempt(breakers, { connectionId, kind, ...(error !== undefined && { error }) }, atMs) ??
      breakers,
    start,
  );
}

describe('A healthy fleet', () => {
  it('writes nothing', () => {
    expect(recordAttempt(HEALTHY, { connectionId: 'a', kind: 'success' }, NOW_MS)).toBeUndefined();
  });

  it('forgets a bad attempt once only successes are remembered', () => {
    const healed = remember([
      ['a', 'unknown'],
      ...Array.from({ length: 20 }, () => ['b', 'success'] as const),
    ]);
    expect(healed.recent).toEqual([]);
  });
});

describe('The outage breaker', () => {
  it('opens on three unknown outcomes of two connections, not on one connection’s alone', () => {
    expect(
      remember([
        ['a', 'unknown'],
        ['a', 'unknown'],
        ['a', 'unknown'],
        ['a', 'unknown'],
      ]).outage,
    ).toBeUndefined();
    expect(
      remember([
        ['a', 'unknown'],
        ['a', 'unknown'],
        ['b', 'unknown'],
      ]).outage,
    ).toBeDefined();
  });

  it('does not count what is an hour old', () => {
    const old = NOW_MS - HOUR_MS;
    expect(
      remember([
        ['a', 'unknown', undefined, old],
        ['a', 'unknown', undefined, old],
        ['b', 'unknown'],
      ]).outage,
    ).toBeUndefined();
  });

  it('holds back connections with time to spare and lets the others try', () => {
    const bad = remember([
      ['a', 'unknown'],
      ['a', 'unknown'],
      ['b', 'unknown'],
    ]);
    expect(breakerGate(bad, PLENTY_MS, NOW_MS)).toMatchObject({ kind: 'hold', breaker: 'outage' });
    expect(breakerGate(bad, 48 * HOUR_MS, NOW_MS)).toEqual({ kind: 'pass' });
  });

  it('lets one trial pass after a pause that grows fourfold, from one minute to thirty', () => {
    let breakers = remember(LOST);
    const pauses = [pauseMinutes(breakers, NOW_MS)];
    for (let trials = 0; trials < 4; trials += 1) {
      const triedAtMs = breakers.outage?.openUntilMs ?? 0;
      breakers = trial(breakers, 'unknown');
      pauses.push(pauseMinutes(breakers, triedAtMs));
    }
    expect(pauses).toEqual([1, 4, 16, 30, 30]);
  });

  it('closes on six answers in a row, a minute apart: where half of them are lost, a few prove little', () => {
    const once = trial(remember(LOST), 'success');
    expect(pauseMinutes(once, NOW_MS + MINUTE_MS)).toBe(1);
    const five = trial(trial(trial(trial(once, 'refused'), 'success'), 'success'), 'success');
    expect(five.outage).toBeDefined();
    expect(trial(five, 'success').outage).toBeUndefined();
    expect(trial(trial(five, 'unknown'), 'success').outage).toBeDefined();
  });

  it('does not count the answer to a post that began before it opened as a trial', () => {
    const early: readonly Step[] = [
      ['c', 'success'],
      ['d', 'refused'],
      ['e', 'success'],
      ['f', 'success'],
    ];
    expect(remember([...LOST, ...early, ...early]).outage).toBeDefined();
  });

  it('opens at once for longer when it had closed too early', () => {
    let breakers = remember(LOST);
    for (let trials = 0; trials < 6; trials += 1) breakers = trial(breakers, 'success');
    expect(breakers.outage).toBeUndefined();
    expect(pauseMinutes(remember([['c', 'unknown']], breakers), NOW_MS)).toBe(16);
  });
});

describe('The credential breaker', () => {
  it('opens although answers were lost within the hour: a refused credential is no outage', () => {
    let breakers = remember(LOST);
    for (let trials = 0; trials < 6; trials += 1) breakers = trial(breakers, 'success');
    const refused = remember([['c', 'misconfigured', 'invalid_client']], breakers);
    expect(refused.credential?.reason).toBe('invalid_client');
    expect(refused.outage).toBeUndefined();
  });

  it('opens at once on invalid_client', () => {
    expect(remember([['a', 'misconfigured', 'invalid_client']]).credential?.reason).toBe('invalid_client');
  });

  it('opens on other refusals of the credential only from two connections within ten minutes', () => {
    const first: Step = ['a', 'misconfigured', 'invalid_scope', NOW_MS - 11 * MINUTE_MS];
    expect(remember([first, ['b', 'misconfigured', 'invalid_scope']]).credential).toBeUndefined();
    expect(
      remember([
        ['a', 'misconfigured', 'x'],
        ['a', 'misconfigured', 'x'],
      ]).credential,
    ).toBeUndefined();
    expect(
      remember([
        ['a', 'misconfigured', 'x'],
        ['b', 'misconfigured', 'x'],
      ]).credential,
    ).toBeDefined();
  });

  it('holds back every connection, also one that expires soon', () => {
    const bad = remember([['a', 'misconfigured', 'invalid_client']]);
    expect(breakerGate(bad, 0, NOW_MS)).toMatchObject({ kind: 'hold', breaker: 'credential' });
  });
});

describe('The refusal breaker', () => {
  const refusals = (count: number): Step[] =>
    Array.from({ length: count }, (_, at) => [`c.${at}`, 'refused'] as const);

  it('sees refusals on five connections as Adobe’s trouble, on four as users’', () => {
    expect(isRefusalBreakerOpen(remember(refusals(4)), NOW_MS)).toBe(false);
    expect(isRefusalBreakerOpen(remember(refusals(5)), NOW_MS)).toBe(true);
  });

  it('does not open where most attempts succeed', () => {
    const mixed = refusals(5).flatMap((refusal) => [refusal, ['ok', 'success'], ['ok', 'success']] as Step[]);
    expect(isRefusalBreakerOpen(remember(mixed), NOW_MS)).toBe(false);
  });

  it('closes a day after the last refusals', () => {
    expect(isRefusalBreakerOpen(remember(refusals(5)), NOW_MS + DAY_MS)).toBe(false);
  });

  it('stays open for three days at most: revoked grants that are tried again and again do not keep it open', () => {
    const heldByRefusals = remember(refusals(5));
    const refusedSince = (firstAtMs: number) => ({
      evidence: { count: 9, firstAtMs, lastAtMs: NOW_MS, tried: [] },
    });
    expect(isHeldByRefusals(heldByRefusals, {}, NOW_MS)).toBe(true);
    expect(isHeldByRefusals(heldByRefusals, refusedSince(NOW_MS - 3 * DAY_MS + 1), NOW_MS)).toBe(true);
    expect(isHeldByRefusals(heldByRefusals, refusedSince(NOW_MS - 3 * DAY_MS), NOW_MS)).toBe(false);
    expect(isHeldByRefusals(remember(refusals(4)), {}, NOW_MS)).toBe(false);
  });
});
