import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Connection } from '../../../functions/core/domain/connection.ts';
import { type ConnectionState, STATE_RULES } from '../../../functions/core/domain/connection-states.ts';
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../../functions/core/domain/durations.ts';
import { nextWakeAtMs, warningAtMs } from '../../../functions/core/domain/wake.ts';
import { planWake } from '../../../functions/core/domain/wake-plan.ts';
import { exampleConnection, EXAMPLE_NOW_MS as NOW_MS } from '../../support/fakes/example-records.ts';

const moment = fc.integer({ min: NOW_MS - 20 * DAY_MS, max: NOW_MS + 20 * DAY_MS });
const maybe = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined });

const anyConnection: fc.Arbitrary<Connection> = fc
  .record({
    state: fc.constantFrom(...(Object.keys(STATE_RULES) as ConnectionState[])),
    sliding: fc.constantFrom('yes', 'no', 'unknown'),
    hasOutbox: fc.boolean(),
    hasToken: fc.boolean(),
    refreshExpiresAtMs: moment,
    rotateAtMs: maybe(moment),
    nextAttemptAtMs: maybe(moment),
    alarmAtMs: maybe(moment),
  })
  .map(({ hasOutbox, hasToken, rotateAtMs, nextAttemptAtMs, alarmAtMs, ...rest }) => {
    const base = exampleConnection({ ...rest, tombstoneUntilMs: NOW_MS + DAY_MS });
    const { refresh, rotateAtMs: _, wakeAtMs: __, ...plain } = base;
    return {
      ...plain,
      renewable: hasToken,
      ...(hasToken && refresh && { refresh }),
      ...(rotateAtMs !== undefined && { rotateAtMs }),
      ...(nextAttemptAtMs !== undefined && { nextAttemptAtMs }),
      ...(alarmAtMs !== undefined && { alarm: { name: 'earlier', atMs: alarmAtMs } }),
      outbox: hasOutbox
        ? [{ id: 'e', type: 'Connected' as const, atMs: NOW_MS, generation: base.generation, detail: {} }]
        : [],
    };
  });

describe('A wake', () => {
  it('is never later than anything the connection needs', () => {
    fc.assert(
      fc.property(anyConnection, (connection) => {
        const wakeAtMs = nextWakeAtMs(connection, NOW_MS) ?? Number.POSITIVE_INFINITY;
        const rotates = STATE_RULES[connection.state].mayRotate && connection.renewable;
        if (connection.outbox.length > 0) expect(wakeAtMs).toBeLessThanOrEqual(NOW_MS + MINUTE_MS);
        if (connection.state === 'disconnecting') {
          expect(wakeAtMs).toBeLessThanOrEqual(Math.max(NOW_MS, connection.nextAttemptAtMs ?? 0));
        }
        if (connection.state === 'disconnected') expect(wakeAtMs).toBeLessThanOrEqual(NOW_MS + DAY_MS);
        if (rotates && connection.rotateAtMs !== undefined) {
          const dueAtMs = Math.max(connection.rotateAtMs, connection.nextAttemptAtMs ?? 0);
          expect(wakeAtMs).toBeLessThanOrEqual(dueAtMs);
        }
      }),
    );
  });

  it('is never put off by more than a day, wherever the moment comes from', () => {
    const connection = exampleConnection({ rotateAtMs: NOW_MS });
    const far = NOW_MS + 36_500 * DAY_MS;
    const { after } = planWake(connection, { nextAttemptAtMs: far, rotateAtMs: far + MINUTE_MS }, NOW_MS);
    expect(after).toMatchObject({
      nextAttemptAtMs: NOW_MS + DAY_MS,
      rotateAtMs: NOW_MS + DAY_MS,
      wakeAtMs: NOW_MS + DAY_MS,
    });
  });

  it('has an alarm that rings no later than a minute after it, and never in the past', () => {
    fc.assert(
      fc.property(anyConnection, (connection) => {
        const { after, arm } = planWake(connection, {}, NOW_MS);
        if (after.wakeAtMs === undefined) {
          expect(after.alarm).toBeUndefined();
          return;
        }
        expect(after.alarm?.atMs).toBeGreaterThan(NOW_MS);
        expect(after.alarm?.atMs).toBeLessThanOrEqual(Math.max(after.wakeAtMs, NOW_MS + MINUTE_MS));
        expect(arm === undefined).toBe(after.alarm?.name === 'earlier');
      }),
    );
  });

  it('is absent only for a connection that needs nothing any more', () => {
    const { refresh: _, rotateAtMs: __, ...rest } = exampleConnection({ renewable: false });
    expect(nextWakeAtMs(rest, NOW_MS)).toBeUndefined();
    const given = exampleConnection({ state: 'needs-reauthorization' });
    const { rotateAtMs: ___, ...lapsed } = given;
    expect(nextWakeAtMs(lapsed, NOW_MS + 30 * DAY_MS)).toBeUndefined();
  });

  it('far ahead may ring a little late, one within the day rings on time', () => {
    const far = planWake(exampleConnection({ rotateAtMs: NOW_MS + 7 * DAY_MS }), {}, NOW_MS);
    expect(far.arm?.flexibleWindowMinutes).toBe(15);
    const near = planWake(exampleConnection({ rotateAtMs: NOW_MS + HOUR_MS }), {}, NOW_MS);
    expect(near.arm?.flexibleWindowMinutes).toBe(0);
  });
});

describe('A warning', () => {
  const ending = { sliding: 'no', refreshExpiresAtMs: NOW_MS + 3 * DAY_MS } as const;

  it('is due once for each end of life, however its readings differ by seconds', () => {
    const warned = (byMs: number) =>
      warningAtMs(exampleConnection({ ...ending, warnedOfExpiryAtMs: ending.refreshExpiresAtMs + byMs }));
    expect(warningAtMs(exampleConnection(ending))).toBe(NOW_MS - DAY_MS);
    expect([-30_000, -1, 0, 1, 30_000].map(warned)).toEqual(Array(5).fill(undefined));
    expect(warned(DAY_MS)).toBe(NOW_MS - DAY_MS);
  });
});
