import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { MINUTE_MS } from '../../../functions/core/time-units.ts';
import { PROVIDER_MODES } from '../../../local/ims/refresh-token-rules.ts';
import { seedOfRun } from '../../support/run-seed.ts';
import { createFleetSeconds } from './counters.ts';
import { plotOf } from './plot.ts';
import { reportOf } from './report.ts';
import { type ShardOptions, START_MS } from './shard.ts';
import { createShardThreads } from './shard-thread.ts';

const { values } = parseArgs({
  options: {
    connections: { type: 'string', default: '100000' },
    days: { type: 'string', default: '90' },
    'outage-days': { type: 'string', default: '6' },
    seed: { type: 'string' },
    mode: { type: 'string', default: 'strict' },
    'grace-seconds': { type: 'string' },
    'delete-schedules-on-day': { type: 'string' },
    'restore-on-day': { type: 'string' },
    seal: { type: 'boolean', default: false },
    daily: { type: 'string', default: '0.3' },
    revoking: { type: 'string', default: '0.001' },
    shards: { type: 'string' },
    threads: { type: 'string', default: '2' },
    'posts-per-second': { type: 'string' },
    'adobe-limit': { type: 'string' },
    minutes: { type: 'string' },
    plot: { type: 'string' },
  },
});
/** Of all threads together. */
const MEMORY_MB = 3_000;
const startedAt = performance.now();
const mode = PROVIDER_MODES.find((known) => known === values.mode);
if (mode === undefined) throw new TypeError(`--mode must be one of ${PROVIDER_MODES.join(', ')}.`);
const connections = Number(values.connections);
/** A vault of this size fits a core's caches, and its memory is freed before the next one begins. */
const CONNECTIONS_PER_SHARD = 10_000;
const shards = Number(values.shards ?? Math.max(2, Math.ceil(connections / CONNECTIONS_PER_SHARD)));
const threadCount = Number(values.threads);
const run = {
  connections,
  days: Number(values.days),
  outageDays: Number(values['outage-days']),
  seed: String(seedOfRun({ script: 'simulate', given: values.seed })),
  mode,
  shards,
  ...(values['delete-schedules-on-day'] !== undefined && {
    deleteSchedulesOnDay: Number(values['delete-schedules-on-day']),
  }),
  ...(values['restore-on-day'] !== undefined && { restoreOnDay: Number(values['restore-on-day']) }),
  ...(values['grace-seconds'] !== undefined && { graceSeconds: Number(values['grace-seconds']) }),
};
/** What Adobe accepts, and what the fleet must stay below. Neither is published, so both grow with the fleet. */
const adobeLimitPerSecond = Number(values['adobe-limit'] ?? Math.max(20, connections / 2_000));
const postsPerSecond = Number(values['posts-per-second'] ?? Math.max(20, connections / 2_500));

const seconds = createFleetSeconds(START_MS, run.days);
const results = await createShardThreads(threadCount, MEMORY_MB / threadCount).run(
  Array.from({ length: shards }, (_, shard) => shardOf(shard)),
  (shard, day) => {
    if (day % 30 === 0) process.stderr.write(progressAt(shard, day));
  },
  () => performance.now() - startedAt < Number(values.minutes ?? Number.POSITIVE_INFINITY) * MINUTE_MS,
);
const report = reportOf({ ...run, postsPerSecond, sealer: values.seal ? 'real' : 'cheap' }, results, seconds);
if (values.plot !== undefined) writeFileSync(values.plot, plotOf(run, report));
for (const bar of report.violated) process.stderr.write(`Does not hold: ${bar}.\n`);
const tookSeconds = Math.round((performance.now() - startedAt) / 100) / 10;
const cpuSeconds = Math.round((process.cpuUsage().user + process.cpuUsage().system) / 1e5) / 10;
const peakMemoryMb = Math.round(process.resourceUsage().maxRSS / 1_024);
process.stdout.write(
  `${JSON.stringify({ ...report.figures, violated: report.violated, seconds: tookSeconds, cpuSeconds, peakMemoryMb })}\n`,
);
process.exitCode = report.violated.length === 0 ? 0 : 1;

/** With the CPU time and memory of the whole process so far: the memory must not grow. */
function progressAt(shard: number, day: number): string {
  const cpuMs = (process.cpuUsage().user + process.cpuUsage().system) / 1_000;
  const megabytes = Math.round(process.memoryUsage.rss() / 2 ** 20);
  return `shard ${shard + 1} of ${shards}: day ${day}, ${Math.round(cpuMs / 1_000)} CPU-s, ${megabytes} MB\n`;
}

function shardOf(shard: number): ShardOptions {
  return {
    ...run,
    shard,
    seconds,
    realSealing: values.seal,
    dailyShare: Number(values.daily),
    revokingShare: Number(values.revoking),
    adobeLimitPerSecond,
    maxSchedulesPerMinute: postsPerSecond * 60,
  };
}
