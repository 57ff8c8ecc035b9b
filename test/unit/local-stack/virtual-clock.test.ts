import { expect, test } from 'vitest';
import { installVirtualDate } from '../../../local/clock/install-virtual-date.ts';
import { createVirtualClock, readClockCells } from '../../../local/clock/virtual-clock.ts';

const DAY_MS = 86_400_000;
const startMs = Date.UTC(2026, 0, 1);

test('a clock starts at the given time and ticks on', () => {
  const clock = createVirtualClock({ startMs });
  expect(clock.nowMs()).toBeGreaterThanOrEqual(startMs);
  expect(clock.nowMs()).toBeLessThan(startMs + 60_000);
});

test('a clock moves forward and never back', () => {
  const clock = createVirtualClock({ startMs });
  clock.advanceTo(startMs + 7 * DAY_MS);
  expect(clock.nowMs()).toBeGreaterThanOrEqual(startMs + 7 * DAY_MS);
  clock.advanceTo(startMs);
  expect(clock.nowMs()).toBeGreaterThanOrEqual(startMs + 7 * DAY_MS);
});

test('a holder of the cells sees a jump and the scale of sleeps at once', () => {
  const clock = createVirtualClock({ startMs });
  const inWorker = readClockCells(clock.cells);
  const before = inWorker.offsetMs();
  clock.advanceTo(startMs + DAY_MS);
  clock.scaleSleeps(0.5);
  expect(inWorker.offsetMs() - before).toBeGreaterThan(DAY_MS - 60_000);
  expect(inWorker.sleepScale()).toBe(0.5);
});

test('a negative or missing scale of sleeps is refused', () => {
  const clock = createVirtualClock();
  expect(() => clock.scaleSleeps(-1)).toThrow(RangeError);
  expect(() => clock.scaleSleeps(Number.NaN)).toThrow(RangeError);
});

test('a virtual Date has its own present and leaves given dates alone', () => {
  const scope = { Date };
  installVirtualDate(() => DAY_MS, scope);
  expect(scope.Date.now() - Date.now()).toBeGreaterThan(DAY_MS - 60_000);
  expect(new scope.Date().getTime() - Date.now()).toBeGreaterThan(DAY_MS - 60_000);
  expect(new scope.Date('2026-01-01T00:00:00Z').getTime()).toBe(startMs);
  expect(new scope.Date(2026, 0, 1, 12).getHours()).toBe(12);
  expect(scope.Date.UTC(2026, 0, 1)).toBe(startMs);
  expect(new scope.Date()).toBeInstanceOf(Date);
});

test('a virtual Date called as a function answers the present as text', () => {
  const scope = { Date };
  installVirtualDate(() => 400 * DAY_MS, scope);
  expect(String(scope.Date())).toContain(String(new Date(Date.now() + 400 * DAY_MS).getFullYear()));
});
