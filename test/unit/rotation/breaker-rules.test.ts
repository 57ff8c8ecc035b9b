import { describe, expect, it } from 'vitest';
import { gateOf, isRefusalBurst, recordAttempt } from '../../../functions/core/domain/breaker-rules.ts';
import type { AttemptKind, Breakers } from '../../../functions/core/domain/breakers.ts';
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../../functions/core/domain/durations.ts';

const NOW_MS = Date.UTC(2026, 0, 15, 12);
const HEALTHY: Breakers = { revision: 0, recent: [] };
const PLENTY_MS = 10 * DAY_MS;

type Step = readonly [connectionId: string, kind: AttemptKind, error?: string | undefined, atMs?: number];

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

describe('The weather breaker', () => {
  it('opens on three unknown outcomes of two connections, not on one connection’s alone', () => {
    expect(
      remember([
        ['a', 'unknown'],
        ['a', 'unknown'],
        ['a', 'unknown'],
        ['a', 'unknown'],
      ]).weather,
    ).toBeUndefined();
    expect(
      remember([
        ['a', 'unknown'],
        ['a', 'unknown'],
        ['b', 'unknown'],
      ]).weather,
    ).toBeDefined();
  });

  it('does not count what is an hour old', () => {
    const old = NOW_MS - HOUR_MS;
    expect(
      remember([
        ['a', 'unknown', undefined, old],
        ['a', 'unknown', undefined, old],
        ['b', 'unknown'],
      ]).weather,
    ).toBeUndefined();
  });

  it('holds back connections with time to spare and lets the others try', () => {
    const bad = remember([
      ['a', 'unknown'],
      ['a', 'unknown'],
      ['b', 'unknown'],
    ]);
    expect(gateOf(bad, PLENTY_MS, NOW_MS)).toMatchObject({ gate: 'wait', breaker: 'weather' });
    expect(gateOf(bad, 48 * HOUR_MS, NOW_MS)).toEqual({ gate: 'open' });
  });

  it('lets one probe pass after a pause that doubles from one minute to thirty', () => {
    let breakers = remember([
      ['a', 'unknown'],
      ['a', 'unknown'],
      ['b', 'unknown'],
    ]);
    const pauses: number[] = [];
    for (let probes = 0; probes < 7; probes += 1) {
      const openUntilMs = breakers.weather?.openUntilMs ?? 0;
      const gate = gateOf(breakers, PLENTY_MS, openUntilMs);
      if (gate.gate !== 'probe') throw new Error('A probe was expected.');
      breakers = gate.reopened;
      pauses.push(((breakers.weather?.openUntilMs ?? 0) - openUntilMs) / MINUTE_MS);
    }
    expect(pauses).toEqual([2, 4, 8, 16, 30, 30, 30]);
  });

  it('closes on a success and on a refusal, which is an answer too', () => {
    const bad: readonly Step[] = [
      ['a', 'unknown'],
      ['a', 'unknown'],
      ['b', 'unknown'],
    ];
    expect(remember([...bad, ['c', 'success']]).weather).toBeUndefined();
    expect(remember([...bad, ['c', 'refused']]).weather).toBeUndefined();
  });
});

describe('The client breaker', () => {
  it('opens at once on invalid_client', () => {
    expect(remember([['a', 'misconfigured', 'invalid_client']]).client?.reason).toBe('invalid_client');
  });

  it('opens on other refusals of the credential only from two connections within ten minutes', () => {
    const first: Step = ['a', 'misconfigured', 'invalid_scope', NOW_MS - 11 * MINUTE_MS];
    expect(remember([first, ['b', 'misconfigured', 'invalid_scope']]).client).toBeUndefined();
    expect(
      remember([
        ['a', 'misconfigured', 'x'],
        ['a', 'misconfigured', 'x'],
      ]).client,
    ).toBeUndefined();
    expect(
      remember([
        ['a', 'misconfigured', 'x'],
        ['b', 'misconfigured', 'x'],
      ]).client,
    ).toBeDefined();
  });

  it('holds back everybody, also those with little life left', () => {
    const bad = remember([['a', 'misconfigured', 'invalid_client']]);
    expect(gateOf(bad, 0, NOW_MS)).toMatchObject({ gate: 'wait', breaker: 'client' });
  });
});

describe('The burst guard', () => {
  const refusals = (count: number): Step[] =>
    Array.from({ length: count }, (_, at) => [`c.${at}`, 'refused'] as const);

  it('sees refusals on five connections as Adobe’s trouble, on four as users’', () => {
    expect(isRefusalBurst(remember(refusals(4)), NOW_MS)).toBe(false);
    expect(isRefusalBurst(remember(refusals(5)), NOW_MS)).toBe(true);
  });

  it('does not see a burst where most attempts succeed', () => {
    const mixed = refusals(5).flatMap((refusal) => [refusal, ['ok', 'success'], ['ok', 'success']] as Step[]);
    expect(isRefusalBurst(remember(mixed), NOW_MS)).toBe(false);
  });

  it('ends a day after the last refusals', () => {
    expect(isRefusalBurst(remember(refusals(5)), NOW_MS + DAY_MS)).toBe(false);
  });
});
