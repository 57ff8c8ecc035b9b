import { ASSUMED } from './assumptions.ts';
import { figure, table, whole } from './markdown.ts';
import type { MeasuredCounts, MonthlyCounts } from './measured-counts.ts';

const COUNTED: readonly (readonly [name: string, count: keyof MonthlyCounts])[] = [
  ['requests to Adobe', 'posts'],
  ['runs of `rotate`', 'rotateRuns'],
  ['DynamoDB write units, indexes included', 'writeUnits'],
  ['DynamoDB read units', 'readUnits'],
  ['schedules created', 'schedulesCreated'],
  ['schedules that fired', 'fired'],
  ['KMS GenerateDataKey', 'dataKeys'],
  ['KMS Decrypt', 'decrypts'],
  ['vends', 'vends'],
  ['of them waiting for `rotate`', 'vendsRenewed'],
  ['consents', 'consents'],
  ['events', 'events'],
];

/** What was counted, and what had to be assumed. */
export function assumptionsSection(measured: MeasuredCounts): string {
  const { connections, fromDay, toDay, vault, idle, mixed } = measured;
  const rows = COUNTED.map(([name, count]) => [
    name,
    figure(vault[count]),
    figure(idle[count]),
    figure(mixed[count]),
  ]);
  return `## Counted

The real use cases ran in virtual time: ${whole(connections)} connections, days ${fromDay} to ${toDay}, mode \`strict\`, an hour of an outage a week, 5 % of the grants not sliding, 0.1 % of the users leaving.
An item of Connections weighs ${whole(measured.connectionBytes)} bytes, of AccessTokens ${whole(measured.accessTokenBytes)}.

${table(['A month', 'empty vault', 'each idle connection', 'each of a mixed fleet'], rows)}

## Assumed

${assumed()
  .map((line) => `- ${line}`)
  .join('\n')}`;
}

function assumed(): readonly string[] {
  const { billedMs, logBytes, metrics, consent } = ASSUMED;
  return [
    `Billed milliseconds: \`rotate\` ${billedMs.rotatePosting} with a request to Adobe and ${billedMs.rotateIdle} without, a vend ${billedMs.vendCached} from the table and ${billedMs.vendRenewed} when it waits for \`rotate\`, \`callback\` ${billedMs.callback}, \`authorize\` ${billedMs.authorize}, \`reconcile\` ${whole(billedMs.reconcile)} and its census on top. Memory as in \`lib/constructs/vault-functions.ts\`, Arm.`,
    `A start of ${billedMs.start} ms, billed when a function had nothing to do for ${ASSUMED.keptSeconds / 60} minutes (estimated from the counts).`,
    `Log bytes: a run of \`rotate\` ${whole(logBytes.rotate)}, a vend ${whole(logBytes.vend)} and ${logBytes.apiRequest} in the API’s log, a run of the reconciler ${whole(logBytes.reconcile)}, a consent ${whole(logBytes.callback)}; kept ${ASSUMED.logMonths} months, compressed to ${ASSUMED.logCompression * 100} %.`,
    `Metrics with their dimensions: reconciler ${metrics.reconcile}, census ${metrics.census} in every sixth hour, rotation ${metrics.rotation}, vending ${metrics.vending}; charged for the hours that have values.`,
    `A consent: ${consent.writeUnits} write units and ${consent.readUnits} read units in Ephemeral, ${consent.apiRequests} requests to the API.`,
    `An item of DynamoDB weighs ${ASSUMED.itemOverheadBytes} bytes more than its attributes, an entry of an index ${ASSUMED.indexEntryBytes}.`,
    `An instance of \`rotate\` reads the client secret every five minutes while it works.`,
    `A vend’s answer is ${whole(ASSUMED.vendAnswerBytes)} bytes, charged as if it went to the internet.`,
    `The busiest second of a usual day has ${ASSUMED.peakFactor} times the mean load.`,
  ];
}
