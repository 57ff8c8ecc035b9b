import { DAY_MS, HOUR_MS } from '../../../functions/core/time-units.ts';
import type { Findings } from './census.ts';
import {
  addCounters,
  type Counters,
  createCounters,
  type FleetSeconds,
  mostAtOnce,
  peaksByHour,
} from './counters.ts';
import { outageFromDay, type RunOptions, type ShardResult } from './shard.ts';

export interface ReportOptions extends RunOptions {
  readonly sealer: 'cheap' | 'real';
  /** What the vault and its reconciler are configured to keep below. */
  readonly postsPerSecond: number;
}

export interface Report {
  readonly figures: Readonly<Record<string, unknown>>;
  readonly safetyHours: readonly number[];
  readonly postPeaks: readonly number[];
  /** The requirements that do not hold, in words. */
  readonly violated: readonly string[];
}

const MONTH_MS = 30 * DAY_MS;

/** Adds the shards up. */
export function reportOf(
  options: ReportOptions,
  results: readonly ShardResult[],
  seconds: FleetSeconds,
): Report {
  const counts = createCounters();
  for (const result of results) addCounters(counts, result.counts);
  const findings = added(results.map(({ findings }) => findings));
  const connectionsRun = sum(results.map(({ connections }) => connections));
  const undelivered = sum(results.map(({ adobe }) => adobe.consumedButUndelivered));
  const postPeaks = peaksByHour(seconds.posts);
  const safetyHours = leastByPlace(results.map(({ safetyHours }) => safetyHours));
  const peaks = peaksOf(options, postPeaks);
  const figures = {
    ...options,
    connectionsRun,
    ...findings,
    providerUndelivered: undelivered,
    ...restoredOf(results),
    ...peaks,
    peakRunsPerSecond: Math.max(...peaksByHour(seconds.runs)),
    mostRotationsAtOnce: mostAtOnce(seconds.runsUnderWay),
    leastSafetyHours: Math.round(Math.min(...safetyHours)),
    reconcileLongestRunSeconds: Math.max(...results.map(({ reconcile }) => reconcile.longestRunMs)) / 1_000,
    reconcilerRescheduled: sum(results.map(({ reconcile }) => reconcile.rescheduled)),
    ...perMonth(connectionsRun, options.days, counts),
    counts,
  };
  return { figures, safetyHours, postPeaks, violated: violatedBars(options, findings, undelivered, peaks) };
}

interface Peaks {
  readonly peakPostsPerSecond: number;
  /** From the end of the outage on, for as long as a token lives. */
  readonly peakPostsPerSecondInRecovery: number;
}

function peaksOf({ days, outageDays }: ReportOptions, byHour: readonly number[]): Peaks {
  const fromHour = (outageFromDay(days, outageDays) + outageDays) * 24;
  const recovery = outageDays > 0 ? byHour.slice(fromHour, fromHour + (7 * DAY_MS) / HOUR_MS) : [0];
  return {
    peakPostsPerSecond: Math.max(...byHour),
    peakPostsPerSecondInRecovery: Math.max(0, ...recovery),
  };
}

function perMonth(
  connections: number,
  days: number,
  { dynamoDb, scheduler, kms, lambda, ims, events }: Counters,
) {
  const perConnection = (amount: number) =>
    Math.round((amount / connections / ((days * DAY_MS) / MONTH_MS)) * 1_000) / 1_000;
  return {
    perConnectionMonth: {
      imsPosts: perConnection(ims.posts),
      schedulerCalls: perConnection(scheduler.create + scheduler.get + scheduler.remove),
      scheduleFirings: perConnection(scheduler.fired),
      readUnits: perConnection(dynamoDb.readUnits),
      writeUnits: perConnection(dynamoDb.writeUnits),
      kmsCalls: perConnection(kms.generateDataKey + kms.decrypt),
      rotateRuns: perConnection(lambda.rotate),
      vends: perConnection(lambda.vend),
      eventPuts: perConnection(events.puts),
    },
  };
}

function restoredOf(results: readonly ShardResult[]) {
  const restored = results.flatMap((result) => (result.restored ? [result.restored] : []));
  if (restored.length === 0) return {};
  return {
    rowsRestored: sum(restored.map(({ rows }) => rows)),
    consentsForgotten: sum(restored.map(({ consentsForgotten }) => consentsForgotten)),
  };
}

function violatedBars(
  { mode, graceSeconds, postsPerSecond }: ReportOptions,
  findings: Findings,
  undelivered: number,
  { peakPostsPerSecondInRecovery }: Peaks,
): readonly string[] {
  const losesNothing = mode === 'reuse' || (mode === 'grace' && graceSeconds === undefined);
  const bars: readonly (readonly [holds: boolean, bar: string])[] = [
    [findings.expired === 0, 'no sliding connection expires'],
    [findings.falseDeaths === 0, 'no living grant is called dead'],
    [findings.unexplained === 0, 'every dead grant has a reason of Adobe’s or the network’s'],
    [findings.lostInWindow === undelivered, 'what is lost is what Adobe’s books say was never delivered'],
    [!losesNothing || findings.lostInWindow === 0, 'nothing is lost where a used token stays good'],
    [
      findings.lostByRestore === findings.spentBeforeRestore,
      'an older table costs what Adobe’s books say was spent since, and nothing else',
    ],
    [
      mode !== 'reuse' || findings.lostByRestore === 0,
      'nothing is lost to an older table where tokens are not spent',
    ],
    [findings.revokedAndFound === findings.revoked, 'all users who revoked are found'],
    [findings.fixedEndsWarned === findings.fixedEndsSeen, 'all fixed ends are warned of three days ahead'],
    [peakPostsPerSecondInRecovery <= postsPerSecond, 'the recovery stays under the posts per second'],
  ];
  return bars.flatMap(([holds, bar]) => (holds ? [] : [bar]));
}

function sum(amounts: readonly number[]): number {
  return amounts.reduce((total, amount) => total + amount, 0);
}

function added(findings: readonly Findings[]): Findings {
  const of = (name: keyof Findings) => sum(findings.map((one) => one[name]));
  return {
    expired: of('expired'),
    falseDeaths: of('falseDeaths'),
    lostInWindow: of('lostInWindow'),
    lostButNotNamed: of('lostButNotNamed'),
    lostByRestore: of('lostByRestore'),
    spentBeforeRestore: of('spentBeforeRestore'),
    unexplained: of('unexplained'),
    revoked: of('revoked'),
    revokedAndFound: of('revokedAndFound'),
    fixedEndsSeen: of('fixedEndsSeen'),
    fixedEndsWarned: of('fixedEndsWarned'),
  };
}

function longest(lists: readonly (readonly number[])[]): number {
  return Math.max(...lists.map(({ length }) => length));
}

function leastByPlace(lists: readonly (readonly number[])[]): readonly number[] {
  return Array.from({ length: longest(lists) }, (_, at) =>
    Math.min(...lists.map((list) => list[at] ?? Number.POSITIVE_INFINITY)),
  );
}
