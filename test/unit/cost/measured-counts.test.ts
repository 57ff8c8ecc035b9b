import { describe, expect, it } from 'vitest';
import { countFleet } from '../../../tools/cost/measure-fleet.ts';
import { type MonthlyCounts, readMeasuredCounts } from '../../../tools/cost/measured-counts.ts';

const CONNECTIONS = 150;

/** How far a small fleet may lie from the committed one. */
const TOLERANCE = 0.15;

describe('The committed counts', () => {
  it('have the names that a run counts today, and a rotation still asks AWS for as much', async () => {
    const committed = readMeasuredCounts();
    const fleet = { connections: CONNECTIONS, fromDay: 18, toDay: 28, dailyShare: 0 };
    const { month, connectionBytes } = await countFleet(fleet);
    const names = Object.keys(month);
    expect(Object.keys(committed.vault)).toEqual(names);
    expect(Object.keys(committed.idle)).toEqual(names);
    expect(Object.keys(committed.mixed)).toEqual(names);

    const again = 'the counts are stale: run `npm run cost -- --measure`';
    const drift = (now: number, then: number) => Math.abs(now / then - 1);
    const perPost = (counts: MonthlyCounts, name: keyof MonthlyCounts) => counts[name] / counts.posts;
    for (const name of ['writeUnits', 'dataKeys', 'decrypts', 'fired'] as const) {
      expect(drift(perPost(month, name), perPost(committed.idle, name)), `${name}: ${again}`).toBeLessThan(
        TOLERANCE,
      );
    }
    expect(drift(month.posts / CONNECTIONS, committed.idle.posts), `posts: ${again}`).toBeLessThan(TOLERANCE);
    expect(drift(connectionBytes, committed.connectionBytes), `bytes: ${again}`).toBeLessThan(TOLERANCE);
  });
});
