import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { createWorkingTime, patientTimeout, readWorkingTime } from '../../../local/clock/working-time.ts';

const HOUR_MS = 3_600_000;

function machine() {
  let realMs = HOUR_MS;
  const nowMs = () => realMs;
  const time = createWorkingTime(nowMs);
  return {
    time,
    inWorker: readWorkingTime(time.cells, nowMs),
    /** Real time passes; the loop of the stand-ins has a turn every so often. */
    passes(durationMs: number, everyMs = 10) {
      for (let passedMs = 0; passedMs < durationMs; passedMs += everyMs) {
        realMs += everyMs;
        time.tick();
      }
    },
    /** Real time passes without a turn. */
    stalls(durationMs: number) {
      realMs += durationMs;
    },
  };
}

describe('working time', () => {
  test('is the real time while the stand-ins have their turns', () => {
    const { time, inWorker, passes, stalls } = machine();
    passes(1_000);
    stalls(7);
    expect([time.nowMs(), inWorker()]).toEqual([1_007, 1_007]);
  });

  test('hardly passes while they have none, and does not catch up', () => {
    const { time, inWorker, passes, stalls } = machine();
    stalls(60_000);
    expect(inWorker()).toBeLessThan(50);
    passes(1_000, 200);
    expect(time.nowMs()).toBeLessThan(200);
  });

  test('never runs backwards', () => {
    const { time, inWorker, stalls } = machine();
    stalls(20);
    const before = inWorker();
    new Float64Array(time.cells).fill(0);
    expect(inWorker()).toBeGreaterThanOrEqual(before);
  });
});

describe('a deadline in working time', () => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  test('passes in time on an idle machine', () => {
    const { time, passes } = machine();
    const late = vi.fn();
    patientTimeout(late, 1_500, time);
    for (let at = 0; at < 1_450; at += 50) {
      passes(50);
      vi.advanceTimersByTime(50);
    }
    expect(late).not.toHaveBeenCalled();
    passes(50);
    vi.advanceTimersByTime(50);
    expect(late).toHaveBeenCalledOnce();
    vi.advanceTimersByTime(HOUR_MS);
    expect(late).toHaveBeenCalledOnce();
  });

  test('waits for a stand-in that had no turn', () => {
    const { time, stalls, passes } = machine();
    const late = vi.fn();
    patientTimeout(late, 1_500, time);
    stalls(60_000);
    vi.advanceTimersByTime(60_000);
    expect(late).not.toHaveBeenCalled();
    passes(1_500);
    vi.advanceTimersByTime(50);
    expect(late).toHaveBeenCalledOnce();
  });

  test('waits for a caller that had no turn: its answer may have arrived meanwhile', () => {
    const { time, passes } = machine();
    const late = vi.fn();
    patientTimeout(late, 1_500, time);
    passes(60_000);
    vi.advanceTimersByTime(50);
    expect(late).not.toHaveBeenCalled();
  });

  test('can be called off', () => {
    const { time, passes } = machine();
    const late = vi.fn();
    clearTimeout(patientTimeout(late, 1_500, time));
    passes(60_000);
    vi.advanceTimersByTime(60_000);
    expect(late).not.toHaveBeenCalled();
  });
});
