import { DUE_SHARDS } from '../../functions/adapters/dynamodb/connection-item.ts';
import { FUNCTION_SIZES } from '../../lib/constructs/vault-functions.ts';
import { wrapProse } from '../docs/wrap-prose.ts';
import { ASSUMED, OWN_LIMITS, reconcilerCoreShare } from './assumptions.ts';
import { figure, table, whole } from './markdown.ts';
import type { MeasuredCounts } from './measured-counts.ts';
import { QUOTAS } from './price-list.ts';
import {
  fleetsRescheduledBy,
  LIFE_DAYS,
  largestCensus,
  mostRescheduledPerMinute,
  RECONCILE_SECONDS,
  RESCHEDULE_MS,
  RESCHEDULED_AT_ONCE,
  type Scale,
  SLACK_DAYS,
  scaleOf,
} from './scale.ts';
import { sizeText } from './sizes.ts';

const SIZES = [1_000_000, 10_000_000, 100_000_000] as const;

/** `docs/generated/scale.md`. */
export function scalePage(measured: MeasuredCounts): string {
  const scales = SIZES.map((connections) => scaleOf(measured, connections));
  const [, ten, hundred] = scales;
  if (!ten || !hundred) throw new TypeError('The page speaks of three sizes.');
  const changes = [
    shards(hundred),
    reconcilerCap(measured),
    reconcilerTime(measured),
    census(measured),
    scheduler(),
    shared(hundred),
    adobe(ten),
    VAULTS,
  ];
  return wrapProse(
    `${[HEAD, figures(scales), `## What changes\n\n${changes.map((change) => `- ${change}`).join('\n')}`, REGIONS].join('\n\n')}\n`,
  );
}

const HEAD = `# How far it goes

\`npm run cost\` generates this page from the counts of the fleet simulation and AWS’s quotas ([cost](cost.md) says how). A test fails when it is stale. The figures are calculated, not measured: [the simulation](../simulation.md) says what was run.`;

function figures(scales: readonly Scale[]): string {
  const row = (name: string, of: (scale: Scale) => number): readonly string[] => [
    name,
    ...scales.map((scale) => figure(of(scale))),
  ];
  return `## What each size needs

Idle and mixed are the fleets of [the cost page](cost.md). *Recovery* means that every connection rotates once within ${ASSUMED.recoveryHours} hours, as after an outage at Adobe. A rotation is due at 55 % of ${LIFE_DAYS} days at the latest, so the slack is ${figure(SLACK_DAYS)} days.

${table(
  ['', ...scales.map(({ connections }) => sizeText(connections))],
  [
    row('requests to Adobe a second, idle', (scale) => scale.postsPerSecondIdle),
    row('requests to Adobe a second, mixed', (scale) => scale.postsPerSecondMixed),
    row('rotations a second in a recovery, on top', (scale) => scale.recoveryPerSecond),
    row(
      `write units a second and shard of \`due time\`, at most (limit ${whole(QUOTAS.partitionWrites.perRegion)})`,
      (scale) => scale.writesPerShard,
    ),
    row(
      `due times a minute for the reconciler when no schedule fires (default limit ${OWN_LIMITS.maxSchedulesPerMinute})`,
      (scale) => scale.duePerMinute,
    ),
    row(`the reconciler’s census: seconds, of ${RECONCILE_SECONDS}`, (scale) => scale.censusSeconds),
    row('the same with a whole core', (scale) => scale.censusSecondsOnACore),
    row('gigabytes in Connections', (scale) => scale.tableGb),
  ],
)}

The figure of a shard counts every write as a write to the index, so the real figure is well below it.`;
}

function shards({ writesPerShard }: Scale): string {
  return `**Due shards.** The index has ${DUE_SHARDS}, each with one partition key. At 100 M a shard sees at most ${figure(writesPerShard)} write units a second of ${whole(QUOTAS.partitionWrites.perRegion)}. Each item holds the number of its shard, so another number of shards means writing every item. Up to 100 M nothing requires that.`;
}

function reconcilerCap(measured: MeasuredCounts): string {
  const { kept, atMost } = fleetsRescheduledBy(measured, OWN_LIMITS.maxSchedulesPerMinute);
  return `**The reconciler’s limit.** If every schedule is deleted, connections go on falling due evenly, and the reconciler has to create each schedule once. \`maxSchedulesPerMinute\` ${OWN_LIMITS.maxSchedulesPerMinute} keeps up with ${millions(kept)} connections. Up to ${millions(atMost)} the slack absorbs the backlog, and leaves nothing for another fault. Set it above the table’s line before the fleet is larger than that.`;
}

function reconcilerTime(measured: MeasuredCounts): string {
  const perMinute = mostRescheduledPerMinute();
  const { kept, atMost } = fleetsRescheduledBy(measured, perMinute);
  return `**The reconciler’s five minutes.** It runs for at most ${RECONCILE_SECONDS} s an hour and reschedules ${RESCHEDULED_AT_ONCE} at once at ${RESCHEDULE_MS} ms each (the simulation’s figures): ${whole(perMinute)} a minute at most, whatever the limit. That keeps up with ${millions(kept)}, and the slack absorbs the backlog up to ${millions(atMost)}. Beyond that, deleted schedules cost grants unless vends find the connections first. It would have to run more often, or once for each shard. Neither is built.`;
}

function census(measured: MeasuredCounts): string {
  return `**The census.** Every six hours it walks the whole index. It has ${FUNCTION_SIZES.reconcile.memoryMb} MB, which is ${figure(reconcilerCoreShare() * 100)} % of a core, and an entry takes ${figure(measured.censusMicrosPerEntry)} µs of a whole core (measured by \`npm run cost -- --measure\`). So it completes up to about ${millions(largestCensus(measured, reconcilerCoreShare()))}. Beyond that, the reconciler logs that the fleet is too large to be counted, and the hours of safety cover only the part that it saw. Rescheduling comes first and is not affected. With ${whole(ASSUMED.mbPerCore)} MB the census completes up to about ${millions(largestCensus(measured, 1))}. Beyond that, it would have to go shard by shard over several runs, which is not built.`;
}

function scheduler(): string {
  return `**Scheduler.** Each connection has one schedule, so 10 M use up the default of ${whole(QUOTAS.schedules.perRegion)} in a Region (one million in older versions of AWS’s page). AWS can raise it to billions. The fleet needs little of the rates.`;
}

function shared({ postsPerSecondMixed, recoveryPerSecond }: Scale): string {
  return `**KMS, Lambda, DynamoDB.** The [table of quotas](cost.md#aws-quotas) names what to raise. Everything in the Region that encrypts shares KMS’s quota. The breakers are one item that every rotation reads. One partition serves 3,000 reads a second, and 100 M mixed connections need ${figure(postsPerSecondMixed + recoveryPerSecond)} with a recovery on top.`;
}

function adobe({ postsPerSecondIdle, recoveryPerSecond }: Scale): string {
  return `**Adobe.** Adobe does not publish how many refreshes a second IMS accepts from one credential. 10 M idle connections need ${figure(postsPerSecondIdle)}, and a recovery ${figure(recoveryPerSecond)} more. Ask Adobe before AWS. The vault waits after 429 and \`Retry-After\`, but with a limit below the mean it cannot keep such a fleet alive.`;
}

const VAULTS = `**100 M: use several vaults,** each in a separate account, with its own quotas, reconciler and redirect URI at Adobe. Spread users by a hash of the app’s key. The vaults do not know each other, so a fault stays in its part. Adobe’s limit remains if it counts by credential.`;

const REGIONS = `## Regions

One Region owns rotation. In a DynamoDB global table of the usual kind, the last writer wins, and each Region checks a condition against its own copy. Two Regions could claim the same lease and both post the token, which in \`family\` ends the grant. A second Region must not run \`rotate\`, \`reconcile\` or \`callback\` over the same connections at the same time.

The vault’s keys are single-Region keys unless the setting \`tokenKeys\` says otherwise. Nothing sealed under such a key opens in another Region.

If a Region stays down, grants begin to expire after the slack of ${figure(SLACK_DAYS)} days. All have expired after ${LIFE_DAYS}. Then users consent again, or [a second vault that was prepared](../operations.md#another-region) takes over. Tables with multi-Region strong consistency would keep conditions across Regions; the vault was not tried on them.`;

function millions(connections: number): string {
  return `${figure(Math.floor(connections / 100_000) / 10)} M`;
}
