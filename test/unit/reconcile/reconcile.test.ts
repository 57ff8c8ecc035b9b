import { describe, expect, it } from 'vitest';
import type { Connection } from '../../../functions/core/connection/connection.ts';
import { createDeadline } from '../../../functions/core/deadline.ts';
import { createReconcile } from '../../../functions/core/reconcile/reconcile.ts';
import { createFakeVault } from '../../support/fake-vault/fake-vault.ts';
import { createFakeDueIndex } from '../../support/fakes/fake-connection-indexes.ts';
import { injectFaults, onEvery, unreachable } from '../../support/faults/fault-proxy.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

function reconcileOf(bench: ReturnType<typeof createFakeVault>, maxSchedulesPerMinute = 60) {
  const reconcile = createReconcile({
    ...bench,
    scheduleGroup: bench.schedules.group,
    dueIndex: createFakeDueIndex(bench.memory),
    settings: { maxSchedulesPerMinute },
  });
  return (remainingMs = 300_000) => reconcile(createDeadline(bench.clock, remainingMs));
}

describe('The reconciler', () => {
  it('leaves connections alone that are not due yet', async () => {
    const bench = createFakeVault();
    await bench.connect();
    expect(await reconcileOf(bench)()).toEqual({ overdue: 0, rescheduled: 0 });
    expect(bench.schedules.calls).toEqual([]);
    expect(bench.telemetry.total('ReconcilerHeartbeat')).toBe(1);
  });

  it('finds a due time whose schedule never fired, and rotates the connection', async () => {
    const bench = createFakeVault();
    const { connectionId, dueAtMs = 0 } = await bench.connect();
    bench.clock.setNowMs(dueAtMs + 29 * MINUTE_MS);
    expect(await reconcileOf(bench)()).toEqual({ overdue: 0, rescheduled: 0 });
    bench.clock.advance(2 * MINUTE_MS);
    expect(await reconcileOf(bench)()).toEqual({ overdue: 1, rescheduled: 1 });
    const [schedule] = bench.schedules.pending();
    expect(schedule).toMatchObject({ connectionId, atMs: bench.clock.nowMs() + MINUTE_MS });
    bench.clock.advance(MINUTE_MS);
    expect(await bench.rotate({ connectionId })).toEqual({ outcome: 'rotated' });
  });

  it('creates the earliest expiry first and never more than its cap a minute', async () => {
    const bench = createFakeVault();
    const start = bench.clock.nowMs();
    for (let at = 0; at < 300; at += 1) {
      await bench.connect({
        connectionId: `fleet.${at}`,
        refreshExpiresAtMs: start + 20 * DAY_MS - at * MINUTE_MS,
        rotateAtMs: start + DAY_MS,
      });
    }
    bench.clock.advance(2 * DAY_MS);
    expect(await reconcileOf(bench, 4)()).toEqual({ overdue: 240, rescheduled: 240 });
    const created = bench.schedules.calls;
    const counts = new Map<number, number>();
    for (const { atMs } of created) counts.set(atMs, (counts.get(atMs) ?? 0) + 1);
    expect(Math.max(...counts.values())).toBeLessThanOrEqual(4);
    const first = created.toSorted((one, other) => one.atMs - other.atMs)[0];
    expect(first?.connectionId).toBe('fleet.299');
    expect(Math.max(...counts.keys()) - bench.clock.nowMs()).toBeLessThanOrEqual(60 * MINUTE_MS);
  });

  it('stops when its time runs out and leaves the rest to the next run', async () => {
    const bench = createFakeVault();
    for (let at = 0; at < 20; at += 1) {
      await bench.connect({ connectionId: `fleet.${at}`, rotateAtMs: bench.clock.nowMs() });
    }
    bench.clock.advance(DAY_MS);
    expect(await reconcileOf(bench)(5_000)).toEqual({ overdue: 20, rescheduled: 0 });
    expect(await reconcileOf(bench)()).toEqual({ overdue: 20, rescheduled: 20 });
  });

  it('reschedules the others when one connection, and the breakers, cannot be read', async () => {
    const bench = createFakeVault();
    for (const connectionId of ['fleet.1', 'fleet.2', 'fleet.3']) {
      await bench.connect({ connectionId, rotateAtMs: bench.clock.nowMs() });
    }
    bench.clock.advance(DAY_MS);
    const malformed = unreachable('ITEM_MALFORMED', ({ args }) => args[0] === 'fleet.2');
    const connections = injectFaults(bench.connections, [malformed]);
    const breakers = injectFaults(bench.breakers, [unreachable('ITEM_MALFORMED', onEvery())]);
    expect(await reconcileOf({ ...bench, connections, breakers })()).toEqual({ overdue: 3, rescheduled: 2 });
    expect(bench.schedules.pending().map(({ connectionId }) => connectionId)).toEqual(['fleet.1', 'fleet.3']);
    expect(bench.telemetry.total('ReconcilerHeartbeat')).toBe(1);
  });

  it('believes the connection, not a lagging index', async () => {
    const bench = createFakeVault();
    const { connectionId, dueAtMs = 0 } = await bench.connect();
    bench.memory.holdIndexes();
    bench.clock.setNowMs(dueAtMs);
    await bench.rotate({ connectionId });
    bench.clock.advance(DAY_MS);
    expect(await reconcileOf(bench)()).toEqual({ overdue: 1, rescheduled: 0 });
  });
  it('does not create again what an earlier run has created and what is still to fire', async () => {
    const bench = createFakeVault();
    for (let at = 0; at < 240; at += 1) {
      await bench.connect({ connectionId: `fleet.${at}`, rotateAtMs: bench.clock.nowMs() });
    }
    bench.clock.advance(DAY_MS);
    expect(await reconcileOf(bench, 4)()).toEqual({ overdue: 240, rescheduled: 240 });
    expect(await reconcileOf(bench, 4)()).toEqual({ overdue: 240, rescheduled: 0 });
  });

  it('looks at a connection whose claim moved the due time before a schedule that is days away', async () => {
    const bench = createFakeVault();
    const { connectionId, ...token } = await bench.connect();
    const died = { runId: 'died', untilMs: bench.clock.nowMs() + MINUTE_MS };
    const changes = { lease: died, dueAtMs: died.untilMs };
    await bench.connections.update({ expected: { ...token, connectionId }, changes });
    bench.clock.advance(40 * MINUTE_MS);
    expect(await reconcileOf(bench)()).toEqual({ overdue: 1, rescheduled: 1 });
  });

  it('recreates the schedule group after it was deleted, and every connection is rotated in time', async () => {
    const bench = createFakeVault();
    for (let at = 0; at < 20; at += 1) await bench.connect({ connectionId: `fleet.${at}` });
    bench.schedules.loseGroup();
    bench.clock.advance(8 * DAY_MS);
    expect(await reconcileOf(bench)()).toEqual({ overdue: 20, rescheduled: 20 });
    expect(bench.telemetry.total('ScheduleGroupRestored')).toBeGreaterThan(0);
    expect(bench.schedules.pending()).toHaveLength(20);
  });
});

describe('Due times later than their connection allows', () => {
  const CENTURY_MS = 100 * 365 * DAY_MS;
  const atCensus = (bench: ReturnType<typeof createFakeVault>) =>
    bench.clock.setNowMs(Math.ceil(bench.clock.nowMs() / (6 * HOUR_MS)) * 6 * HOUR_MS);

  it.each<[string, (nowMs: number, endMs: number) => Partial<Connection>]>([
    ['in a century', (nowMs) => ({ dueAtMs: nowMs + CENTURY_MS })],
    ['an hour after the end', (_, endMs) => ({ dueAtMs: endMs + HOUR_MS })],
    [
      'in a century, as the back-off',
      (nowMs) => ({ dueAtMs: nowMs + CENTURY_MS, nextAttemptAtMs: nowMs + CENTURY_MS }),
    ],
    [
      'before an end that is too far away',
      (nowMs) => ({
        dueAtMs: nowMs + 18 * DAY_MS,
        rotateAtMs: nowMs + 18 * DAY_MS,
        refreshExpiresAtMs: nowMs + 20 * DAY_MS,
      }),
    ],
    [
      'in a century, as everything else',
      (nowMs) => ({
        dueAtMs: nowMs + CENTURY_MS,
        rotateAtMs: nowMs + CENTURY_MS,
        refreshExpiresAtMs: nowMs + CENTURY_MS,
        schedule: { name: 'forged', atMs: nowMs + CENTURY_MS },
      }),
    ],
  ])('are found by the reconciler within six hours, and the grant lives on: %s', async (_, forge) => {
    const bench = createFakeVault();
    const { connectionId, ...connection } = await bench.connect();
    const well = await bench.connect({ connectionId: 'acme.well', subject: 'well@AdobeID' });
    bench.clock.advance(8 * DAY_MS);
    const changes = forge(bench.clock.nowMs(), connection.refreshExpiresAtMs ?? 0);
    await bench.connections.update({ expected: { ...connection, connectionId }, changes });
    await bench.rotate({ connectionId: well.connectionId });
    atCensus(bench);
    await reconcileOf(bench)();
    expect(bench.telemetry.total('DueRepaired')).toBe(1);
    const { dueAtMs = 0, schedule } = await bench.stored(connectionId);
    expect(dueAtMs).toBeLessThanOrEqual(bench.clock.nowMs());
    const created = bench.schedules.pending().find(({ name }) => name === schedule?.name);
    expect(created).toMatchObject({ connectionId, atMs: bench.clock.nowMs() + MINUTE_MS });
    expect(await bench.rotate({ connectionId })).toEqual({ outcome: 'rotated' });
    await reconcileOf(bench)();
    expect(bench.telemetry.total('DueRepaired')).toBe(1);
  });

  it('are right where a back-off reaches beyond the end', async () => {
    const bench = createFakeVault();
    const { connectionId, refreshExpiresAtMs = 0 } = await bench.connect();
    bench.clock.setNowMs(refreshExpiresAtMs - HOUR_MS);
    bench.ims.script({ answer: { kind: 'refused', error: 'access_denied' } });
    await bench.rotate({ connectionId });
    const before = await bench.stored(connectionId);
    expect(before.dueAtMs).toBeGreaterThan(refreshExpiresAtMs);
    bench.clock.setNowMs(refreshExpiresAtMs - MINUTE_MS);
    bench.clock.setNowMs(Math.floor(bench.clock.nowMs() / (6 * HOUR_MS)) * 6 * HOUR_MS);
    await reconcileOf(bench)();
    expect(await bench.stored(connectionId)).toEqual(before);
    expect(bench.telemetry.total('DueRepaired')).toBe(0);
  });

  it('are repaired at the pace of the reconciler, and the rest by its next census', async () => {
    const bench = createFakeVault();
    for (let at = 0; at < 100; at += 1) {
      const connection = await bench.connect({ connectionId: `fleet.${at}` });
      const changes = {
        dueAtMs: bench.clock.nowMs() + CENTURY_MS,
        rotateAtMs: bench.clock.nowMs() + CENTURY_MS,
      };
      await bench.connections.update({ expected: connection, changes });
    }
    atCensus(bench);
    await reconcileOf(bench, 1)();
    expect(bench.telemetry.total('DueRepaired')).toBe(60);
    const minutes = bench.schedules.pending().map(({ atMs }) => atMs);
    expect(new Set(minutes).size).toBe(60);
    bench.clock.advance(6 * HOUR_MS);
    await reconcileOf(bench, 1)();
    expect(bench.telemetry.total('DueRepaired')).toBe(100);
  });

  it('of a connection that cannot be read do not keep the others astray', async () => {
    const bench = createFakeVault();
    for (const connectionId of ['fleet.1', 'fleet.2', 'fleet.3']) {
      const connection = await bench.connect({ connectionId });
      const changes = { dueAtMs: bench.clock.nowMs() + CENTURY_MS };
      await bench.connections.update({ expected: connection, changes });
    }
    atCensus(bench);
    const malformed = unreachable('ITEM_MALFORMED', ({ args }) => args[0] === 'fleet.2');
    await reconcileOf({ ...bench, connections: injectFaults(bench.connections, [malformed]) })();
    expect(bench.telemetry.total('DueRepaired')).toBe(2);
  });
});

describe('The census of the reconciler', () => {
  const fleet = async (bench: ReturnType<typeof createFakeVault>) => {
    const nowMs = bench.clock.nowMs();
    const add = (connectionId: string, daysLeft: number, changes = {}) =>
      bench.connect({ connectionId, refreshExpiresAtMs: nowMs + daysLeft * DAY_MS, ...changes });
    for (let at = 0; at < 98; at += 1) await add(`safe.${at}`, 10);
    await add('risky.1', 2);
    await add('risky.2', 1);
    await add('expired.1', -1);
    await add('ending.1', 1, { sliding: 'no' });
    await add('revoked.1', 1, { state: 'needs-reauthorization' });
    await add('gone.1', 1, { state: 'disconnected' });
  };
  const atHour = (bench: ReturnType<typeof createFakeVault>, hour: number) =>
    bench.clock.setNowMs(Math.ceil(bench.clock.nowMs() / DAY_MS) * DAY_MS + hour * 60 * MINUTE_MS);

  it('measures the hours of safety left, and the connections at risk and expired, of those that rotating keeps', async () => {
    const bench = createFakeVault();
    atHour(bench, 6);
    await fleet(bench);
    await reconcileOf(bench)();
    const { telemetry } = bench;
    expect(telemetry.total('Connections')).toBe(101);
    expect(telemetry.total('AtRiskWithin72Hours')).toBe(2);
    expect(telemetry.total('ExpiredConnections')).toBe(1);
    expect(telemetry.total('EndingConnections')).toBe(1);
    expect(telemetry.total('HoursOfSafetyLeft')).toBe(-24);
    expect(telemetry.total('HoursOfSafetyLeftP01')).toBe(24);
  });

  it('reports the longest time once no connection is left to keep alive, so that the alarms on it end', async () => {
    const bench = createFakeVault();
    atHour(bench, 6);
    await bench.connect({ connectionId: 'gone.1', state: 'disconnected' });
    await bench.connect({ connectionId: 'ending.1', sliding: 'no' });
    await reconcileOf(bench)();
    expect(bench.telemetry.total('Connections')).toBe(0);
    for (const metric of ['HoursOfSafetyLeft', 'HoursOfSafetyLeftP01']) {
      const hours = bench.telemetry.measurements.filter((one) => one.metric === metric);
      expect(hours.map(({ value }) => value)).toEqual([21 * 24]);
    }
  });

  it('is taken every six hours', async () => {
    const bench = createFakeVault();
    await bench.connect();
    atHour(bench, 1);
    for (let hour = 1; hour <= 12; hour += 1) {
      await reconcileOf(bench)();
      bench.clock.advance(60 * MINUTE_MS);
    }
    expect(bench.telemetry.measurements.filter(({ metric }) => metric === 'Connections')).toHaveLength(2);
  });
});
