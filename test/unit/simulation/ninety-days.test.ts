import { describe, expect, it } from 'vitest';
import { createFleetSeconds, mostAtOnce, peaksByHour } from '../../verify/simulation/counters.ts';
import { plotOf } from '../../verify/simulation/plot.ts';
import { reportOf } from '../../verify/simulation/report.ts';
import { runShard, type ShardOptions, START_MS } from '../../verify/simulation/shard.ts';

const RUN = { connections: 100, days: 90, outageDays: 6, seed: '1', mode: 'strict', shards: 1 } as const;
const SHARD: Omit<ShardOptions, 'seconds'> = {
  ...RUN,
  shard: 0,
  realSealing: false,
  dailyShare: 0.2,
  revokingShare: 0.05,
  adobeLimitPerSecond: 20,
  maxSchedulesPerMinute: 120,
};

describe('Ninety days of rotations, six of them without Adobe', () => {
  it('lose only the grants whose successor Adobe never delivered', async () => {
    const seconds = createFleetSeconds(START_MS, RUN.days);
    const result = await runShard({ ...SHARD, seconds }, () => undefined);
    const report = reportOf({ ...RUN, sealer: 'cheap', postsPerSecond: 10 }, [result], seconds);
    expect(report.violated).toEqual([]);
    expect(report.figures).toMatchObject({
      connectionsRun: RUN.connections,
      expired: 0,
      falseDeaths: 0,
      lostInWindow: report.figures.providerUndelivered,
    });
    expect(result.findings.revokedAndFound).toBeGreaterThan(0);
    expect(result.findings.fixedEndsWarned).toBeGreaterThan(0);
    expect(result.counts.lambda.overran).toBe(0);
    expect(plotOf(RUN, report)).toMatch(/^<svg .*<\/svg>\n$/s);
  });

  it.each([
    ['lose nothing when every schedule is deleted', { deleteSchedulesOnDay: 20 }],
    ['lose to yesterday’s table what was spent since, and find all of it', { restoreOnDay: 20 }],
  ] as const)('%s', async (_name, accident) => {
    const seconds = createFleetSeconds(START_MS, 28);
    const weeks = { ...SHARD, ...accident, connections: 70, days: 28, outageDays: 0, seconds };
    const result = await runShard(weeks, () => undefined);
    const report = reportOf({ ...RUN, ...accident, sealer: 'cheap', postsPerSecond: 10 }, [result], seconds);
    expect(report.violated).toEqual([]);
    expect(result.reconcile.rescheduled).toBeGreaterThan(50);
    expect(result.findings.lostButNotNamed).toBe(0);
    expect(result.findings.spentBeforeRestore > 0).toBe('restoreOnDay' in accident);
  });

  it('are the same for the same seed', async () => {
    const runOf = async () => {
      const seconds = createFleetSeconds(START_MS, 21);
      const weeks = { ...SHARD, connections: 50, days: 21, outageDays: 1, seconds };
      const result = await runShard(weeks, () => undefined);
      return { result, postPeaks: peaksByHour(seconds.posts), underWay: mostAtOnce(seconds.runsUnderWay) };
    };
    expect(await runOf()).toEqual(await runOf());
  });
});
