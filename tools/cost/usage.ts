import { ASSUMED, GB, gbOf, MONTH_SECONDS, reconcilerCoreShare } from './assumptions.ts';
import type { MeasuredCounts, MonthlyCounts } from './measured-counts.ts';
import type { PriceName } from './price-list.ts';

export type Habit = 'idle' | 'mixed';

/** What a vault uses in a month, in the units that AWS charges. */
export type Usage = Readonly<
  Record<Exclude<PriceName, 'agentCoreIdentityToken' | 'dataEvent' | 'trace'>, number>
>;

export interface Fleet {
  readonly connections: number;
  readonly habit: Habit;
}

/** The counts of the empty vault, and of each connection as often as there are connections. */
export function fleetCounts(measured: MeasuredCounts, { connections, habit }: Fleet): MonthlyCounts {
  const { vault } = measured;
  const each = measured[habit];
  const names = Object.keys(vault) as (keyof MonthlyCounts)[];
  return Object.fromEntries(names.map((name) => [name, vault[name] + connections * each[name]])) as {
    [Name in keyof MonthlyCounts]: number;
  };
}

export function usageOf(measured: MeasuredCounts, fleet: Fleet): Usage {
  const counts = fleetCounts(measured, fleet);
  const { consent } = ASSUMED;
  const lambda = lambdaUse(measured, fleet, counts);
  const storage = storedGb(measured, fleet.connections);
  const apiRequests = counts.vends + counts.consents * consent.apiRequests;
  const logGb = loggedGb(counts, apiRequests);
  return {
    dynamoDbWriteUnit: counts.writeUnits + counts.consents * consent.writeUnits,
    dynamoDbReadUnit: counts.readUnits + counts.consents * consent.readUnits,
    dynamoDbStorage: storage.all,
    dynamoDbPitr: storage.connections,
    schedulerInvocation: counts.fired + counts.reconcilerRuns,
    eventBridgeEvent: counts.events,
    lambdaRequest: lambda.requests,
    lambdaGbSecond: lambda.gbSeconds,
    kmsKey: measured.template.keys,
    kmsRequest: counts.dataKeys + counts.decrypts,
    secret: measured.template.secrets,
    secretCall: secretCalls(counts),
    httpApiRequest: apiRequests,
    logIngestion: logGb,
    logStorage: logGb * ASSUMED.logMonths * ASSUMED.logCompression,
    metric: metricMonths(counts),
    alarm: measured.template.alarms || ASSUMED.monitoring.alarms,
    compositeAlarm: measured.template.compositeAlarms,
    dashboard: measured.template.dashboards || ASSUMED.monitoring.dashboards,
    dataOut: (counts.vends * ASSUMED.vendAnswerBytes) / GB,
  };
}

/** For one function. In a small fleet, Lambda drops the idle environment, and each run pays for a start. */
function functionSeconds(runs: number, workSeconds: number): number {
  const pausesInRow = Math.exp((-runs / MONTH_SECONDS) * ASSUMED.keptSeconds);
  return workSeconds + (runs * pausesInRow * ASSUMED.billedMs.start) / 1_000;
}

function lambdaUse(measured: MeasuredCounts, { connections }: Fleet, counts: MonthlyCounts) {
  const { billedMs } = ASSUMED;
  const work = (...parts: readonly (readonly [runs: number, ms: number])[]) =>
    parts.reduce((seconds, [runs, ms]) => seconds + (runs * ms) / 1_000, 0);
  const { rotateRuns, posts, vends, vendsRenewed, consents, reconcilerRuns } = counts;
  const idleRuns = Math.max(0, rotateRuns - posts);
  const rotating = functionSeconds(
    rotateRuns,
    work([posts, billedMs.rotatePosting], [idleRuns, billedMs.rotateIdle]),
  );
  const vending = functionSeconds(
    vends,
    work([vends - vendsRenewed, billedMs.vendCached], [vendsRenewed, billedMs.vendRenewed]),
  );
  const consenting = functionSeconds(consents, work([consents, billedMs.callback]));
  const sending = functionSeconds(consents, work([consents, billedMs.authorize]));
  const guarding =
    functionSeconds(reconcilerRuns, work([reconcilerRuns, billedMs.reconcile])) +
    (reconcilerRuns / 6) * censusSeconds(measured, connections);
  return {
    requests: rotateRuns + vends + 2 * consents + reconcilerRuns,
    gbSeconds:
      rotating * gbOf('rotate') +
      vending * gbOf('access-token') +
      consenting * gbOf('callback') +
      sending * gbOf('authorize') +
      guarding * gbOf('reconcile'),
  };
}

/** How long the reconciler's census takes. */
export function censusSeconds({ censusMicrosPerEntry }: MeasuredCounts, connections: number): number {
  return (connections * censusMicrosPerEntry) / 1_000_000 / reconcilerCoreShare();
}

function storedGb({ connectionBytes, accessTokenBytes }: MeasuredCounts, connections: number) {
  const { itemOverheadBytes, indexEntryBytes } = ASSUMED;
  const table = connections * (connectionBytes + itemOverheadBytes);
  const indexes = 2 * connections * (indexEntryBytes + itemOverheadBytes);
  const tokens = connections * (accessTokenBytes + itemOverheadBytes);
  return { connections: table / GB, all: (table + indexes + tokens) / GB };
}

function loggedGb(counts: MonthlyCounts, apiRequests: number): number {
  const { logBytes } = ASSUMED;
  return (
    (counts.rotateRuns * logBytes.rotate +
      counts.vends * logBytes.vend +
      counts.consents * logBytes.callback +
      counts.reconcilerRuns * logBytes.reconcile +
      apiRequests * logBytes.apiRequest) /
    GB
  );
}

/** AWS charges a metric for the hours in which it has a value. */
function metricMonths({ rotateRuns, vends }: MonthlyCounts): number {
  const { metrics } = ASSUMED;
  const hours = MONTH_SECONDS / 3_600;
  const shareOfHours = (events: number) => 1 - Math.exp(-events / hours);
  return (
    metrics.reconcile +
    metrics.census / 6 +
    metrics.rotation * shareOfHours(rotateRuns) +
    metrics.vending * shareOfHours(vends)
  );
}

/** Instances cache the client secret for five minutes. A vault with little traffic reads it at each start. */
function secretCalls({ posts, consents }: MonthlyCounts): number {
  const runs = posts + consents;
  const atOnce = (runs * ASSUMED.billedMs.rotatePosting) / 1_000 / MONTH_SECONDS;
  const instances = Math.ceil(atOnce * ASSUMED.peakFactor) + 1;
  return Math.min(runs + consents, instances * ASSUMED.secretReadsPerInstanceMonth);
}
