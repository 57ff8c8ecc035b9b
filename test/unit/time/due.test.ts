import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ConnectionState } from '../../../client/contract.ts';
import type { Connection } from '../../../functions/core/connection/connection.ts';
import { STATE_RULES } from '../../../functions/core/connection/connection-states.ts';
import { nextDueAtMs, planNextDue, warningAtMs } from '../../../functions/core/connection/due.ts';
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../../functions/core/time-units.ts';
import { exampleConnection, EXAMPLE_NOW_MS as NOW_MS } from '../../support/fakes/example-records.ts';

const moment = fc.integer({ min: NOW_MS - 20 * DAY_MS, max: NOW_MS + 20 * DAY_MS });

function maybe<T>(arbitrary: fc.Arbitrary<T>) {
  return fc.option(arbitrary, { nil: undefined });
}

const anyConnection: fc.Arbitrary<Connection> = fc
  .record({
    state: fc.constantFrom(...(Object.keys(STATE_RULES) as ConnectionState[])),
    sliding: fc.constantFrom('yes', 'no', 'unknown'),
    hasOutbox: fc.boolean(),
    hasToken: fc.boolean(),
    refreshExpiresAtMs: moment,
    rotateAtMs: maybe(moment),
    nextAttemptAtMs: maybe(moment),
    scheduledAtMs: maybe(moment),
  })
  .map(({ hasOutbox, hasToken, rotateAtMs, nextAttemptAtMs, scheduledAtMs, ...rest }) => {
    const base = exampleConnection({ ...rest, tombstoneUntilMs: NOW_MS + DAY_MS });
    const { refresh, rotateAtMs: _, dueAtMs: __, ...plain } = base;
    return {
      ...plain,
      renewable: hasToken,
      ...(hasToken && refresh && { refresh }),
      ...(rotateAtMs !== undefined && { rotateAtMs }),
      ...(nextAttemptAtMs !== undefined && { nextAttemptAtMs }),
      ...(scheduledAtMs !== undefined && { schedule: { name: 'earlier', atMs: scheduledAtMs } }),
      outbox: hasOutbox
        ? [{ id: 'e', type: 'Connected' as const, atMs: NOW_MS, generation: base.generation, detail: {} }]
        : [],
    };
  });

describe('A due time', () => {
  it('is never later than anything the connection needs', () => {
    fc.assert(
      fc.property(anyConnection, (connection) => {
        const dueAtMs = nextDueAtMs(connection, NOW_MS) ?? Number.POSITIVE_INFINITY;
        const rotates = STATE_RULES[connection.state].mayRotate && connection.renewable;
        if (connection.outbox.length > 0) expect(dueAtMs).toBeLessThanOrEqual(NOW_MS + MINUTE_MS);
        if (connection.state === 'disconnecting') {
          expect(dueAtMs).toBeLessThanOrEqual(Math.max(NOW_MS, connection.nextAttemptAtMs ?? 0));
        }
        if (connection.state === 'disconnected') expect(dueAtMs).toBeLessThanOrEqual(NOW_MS + DAY_MS);
        if (rotates && connection.rotateAtMs !== undefined) {
          const dueAtMs = Math.max(connection.rotateAtMs, connection.nextAttemptAtMs ?? 0);
          expect(dueAtMs).toBeLessThanOrEqual(dueAtMs);
        }
      }),
    );
  });

  it('is never postponed by more than a day, whatever the moment is read from', () => {
    const connection = exampleConnection({ rotateAtMs: NOW_MS });
    const far = NOW_MS + 36_500 * DAY_MS;
    const { after } = planNextDue(connection, { nextAttemptAtMs: far, rotateAtMs: far + MINUTE_MS }, NOW_MS);
    expect(after).toMatchObject({
      nextAttemptAtMs: NOW_MS + DAY_MS,
      rotateAtMs: NOW_MS + DAY_MS,
      dueAtMs: NOW_MS + DAY_MS,
    });
  });

  it('has a schedule that fires no later than a minute after it, and never in the past', () => {
    fc.assert(
      fc.property(anyConnection, (connection) => {
        const { after, newSchedule } = planNextDue(connection, {}, NOW_MS);
        if (after.dueAtMs === undefined) {
          expect(after.schedule).toBeUndefined();
          return;
        }
        expect(after.schedule?.atMs).toBeGreaterThan(NOW_MS);
        expect(after.schedule?.atMs).toBeLessThanOrEqual(Math.max(after.dueAtMs, NOW_MS + MINUTE_MS));
        expect(newSchedule === undefined).toBe(after.schedule?.name === 'earlier');
      }),
    );
  });

  it('is absent only for a connection that needs nothing any more', () => {
    const { refresh: _, rotateAtMs: __, ...rest } = exampleConnection({ renewable: false });
    expect(nextDueAtMs(rest, NOW_MS)).toBeUndefined();
    const given = exampleConnection({ state: 'needs-reauthorization' });
    const { rotateAtMs: ___, ...expired } = given;
    expect(nextDueAtMs(expired, NOW_MS + 30 * DAY_MS)).toBeUndefined();
  });

  it('far ahead may fire a little late, one within the day fires on time', () => {
    const far = planNextDue(exampleConnection({ rotateAtMs: NOW_MS + 7 * DAY_MS }), {}, NOW_MS);
    expect(far.newSchedule?.flexibleWindowMinutes).toBe(15);
    const near = planNextDue(exampleConnection({ rotateAtMs: NOW_MS + HOUR_MS }), {}, NOW_MS);
    expect(near.newSchedule?.flexibleWindowMinutes).toBe(0);
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
