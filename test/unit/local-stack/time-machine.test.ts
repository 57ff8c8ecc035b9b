import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { createTimeMachine, type DueSource } from '../../../local/clock/time-machine.ts';
import { createVirtualClock } from '../../../local/clock/virtual-clock.ts';
import { createActivity } from '../../../local/stack/activity.ts';

const HOUR_MS = 3_600_000;
const startMs = Date.UTC(2026, 0, 1);

/** Fires at given moments and keeps what the clock showed; firing can start work. */
function createRinger(momentsMs: number[], onRing: (nowMs: number) => void = () => undefined) {
  const firedAtMs: number[] = [];
  const left = [...momentsMs];
  const source: DueSource = {
    nextDueAtMs: () => left[0],
    fireDue: async (nowMs) => {
      while (left[0] !== undefined && left[0] <= nowMs) {
        left.shift();
        firedAtMs.push(nowMs);
        onRing(nowMs);
      }
    },
  };
  return { source, firedAtMs, left };
}

function machineFor(...sources: DueSource[]) {
  const clock = createVirtualClock({ startMs });
  const activity = createActivity();
  return {
    clock,
    activity,
    machine: createTimeMachine({ clock, activity, sources, callsInFlight: () => 0 }),
  };
}

test('the clock stops at everything that is due on the way', async () => {
  const hours = [1, 2, 5].map((hour) => startMs + hour * HOUR_MS);
  const { source, firedAtMs } = createRinger(hours);
  const { clock, machine } = machineFor(source);
  await machine.advance(startMs + 6 * HOUR_MS);
  expect(firedAtMs.map((atMs) => Math.floor((atMs - startMs) / HOUR_MS))).toEqual([1, 2, 5]);
  expect(clock.nowMs()).toBeGreaterThanOrEqual(startMs + 6 * HOUR_MS);
});

test('what lies beyond the target is not fired', async () => {
  const { source, left } = createRinger([startMs + 2 * HOUR_MS]);
  const { machine } = machineFor(source);
  await machine.advance(startMs + HOUR_MS);
  expect(left).toHaveLength(1);
});

test('the clock stands while work that a schedule started is under way', async () => {
  const finishedAtMs: number[] = [];
  const { source } = createRinger(
    [1, 2].map((hour) => startMs + hour * HOUR_MS),
    () => {
      void activity.during(async () => {
        for (let turn = 0; turn < 20; turn += 1) await nextTurn();
        finishedAtMs.push(clock.nowMs());
      });
    },
  );
  const { clock, activity, machine } = machineFor(source);
  await machine.advance(startMs + 3 * HOUR_MS);
  expect(finishedAtMs.map((atMs) => Math.floor((atMs - startMs) / HOUR_MS))).toEqual([1, 2]);
});

test('a schedule that creates the next one is followed', async () => {
  const moments = [startMs + HOUR_MS];
  const ringer = createRinger(moments, () => {
    if (ringer.firedAtMs.length < 4) ringer.left.push(startMs + (ringer.firedAtMs.length + 1) * HOUR_MS);
  });
  const { machine } = machineFor(ringer.source);
  await machine.advance(startMs + 10 * HOUR_MS);
  expect(ringer.firedAtMs).toHaveLength(4);
});

test('each stop is reported, and the last one is the target', async () => {
  const { source } = createRinger([startMs + HOUR_MS]);
  const { machine } = machineFor(source);
  const ticks: number[] = [];
  await machine.advance(startMs + 2 * HOUR_MS, { onTick: (nowMs) => void ticks.push(nowMs) });
  expect(ticks.map((atMs) => Math.floor((atMs - startMs) / HOUR_MS))).toEqual([1, 2]);
});

test('a source of work that never finishes is named instead of waited for', async () => {
  const stuck: DueSource = { nextDueAtMs: () => startMs, fireDue: async () => undefined };
  const { machine } = machineFor(stuck);
  await expect(machine.advance(startMs + HOUR_MS)).rejects.toMatchObject({ code: 'CLOCK_STUCK' });
});

test('an advance can be cancelled between two stops', async () => {
  const { source, firedAtMs } = createRinger([1, 2].map((hour) => startMs + hour * HOUR_MS));
  const { machine } = machineFor(source);
  const controller = new AbortController();
  const journey = machine.advance(startMs + 3 * HOUR_MS, {
    signal: controller.signal,
    onTick: () => controller.abort(),
  });
  await expect(journey).rejects.toThrow();
  expect(firedAtMs).toHaveLength(1);
});

test('two advances at once are refused', async () => {
  const { machine } = machineFor(createRinger([]).source);
  const first = machine.advance(startMs + HOUR_MS);
  await expect(machine.advance(startMs + HOUR_MS)).rejects.toMatchObject({ code: 'CLOCK_STUCK' });
  await first;
});

test('a recurring event may be skipped, a single one never fires later', async () => {
  const hourly = createRinger(Array.from({ length: 24 }, (_, hour) => startMs + (hour + 1) * HOUR_MS));
  const once = createRinger([startMs + 8.5 * HOUR_MS]);
  const { machine } = machineFor({ ...hourly.source, nextOneTimeDueAtMs: () => undefined }, once.source);
  const stops: number[] = [];
  await machine.advance(startMs + 24 * HOUR_MS, {
    recurringEveryMs: 6 * HOUR_MS,
    onTick: (nowMs) => void stops.push(Math.round(((nowMs - startMs) / HOUR_MS) * 10) / 10),
  });
  expect(stops).toEqual([6, 8.5, 14.5, 20.5, 24]);
  expect(once.left).toEqual([]);
  expect(hourly.left).toHaveLength(4);
});

test('a recurring event is not postponed again by an advance that ends before it', async () => {
  const hourly = createRinger(Array.from({ length: 24 }, (_, hour) => startMs + (hour + 1) * HOUR_MS));
  const { machine } = machineFor({ ...hourly.source, nextOneTimeDueAtMs: () => undefined });
  const met: number[] = [];
  const options = {
    recurringEveryMs: 6 * HOUR_MS,
    onTick: () => void met.push(hourly.left.length),
  };
  await machine.advance(startMs + 11 * HOUR_MS, options);
  await machine.advance(startMs + 13 * HOUR_MS, options);
  expect(met).toEqual([18, 18, 12, 12]);
});
