import { wrapProse } from '../docs/wrap-prose.ts';
import { queryEveryMinute, rotation, scanEveryMinute, secretPerUser, vendPaths } from './alternatives.ts';
import { OWN_LIMITS } from './assumptions.ts';
import { assumptionsSection } from './assumptions-section.ts';
import { billOf, type Item, totalOf } from './bill.ts';
import { dollars, figure, table, whole } from './markdown.ts';
import type { MeasuredCounts } from './measured-counts.ts';
import { demandsOf } from './peaks.ts';
import {
  PRICES,
  PRICES_CHECKED_ON,
  PRICES_REGION,
  type Price,
  QUOTAS,
  unverifiedPrices,
  unverifiedQuotas,
  usd,
} from './price-list.ts';
import { SIZES, sizeText } from './sizes.ts';
import { strictAdds } from './strict.ts';
import { type Habit, usageOf } from './usage.ts';

/** `docs/generated/cost.md`. */
export function costPage(measured: MeasuredCounts): string {
  return wrapProse(
    `${[
      head(measured),
      bills(measured),
      strictSection(measured),
      comparison(measured),
      vends(measured),
      quotas(measured),
      assumptionsSection(measured),
      prices(),
    ].join('\n\n')}\n`,
  );
}

function head({ dailyShare, mixed }: MeasuredCounts): string {
  return `# What it costs

\`npm run cost\` generates this page from the counts of the fleet simulation (\`tools/cost/measured-counts.json\`) and from list prices (\`docs/prices.json\`: ${PRICES_REGION}, looked up on ${PRICES_CHECKED_ON}). \`npm run cost -- --measure\` counts again. A test fails when this page is stale.

The figures are dollars for a month of 30 days, in the first price tiers, without free tiers and taxes.

- *Idle*: no caller reads the tokens. The vault only keeps the grants alive.
- *Mixed*: ${dailyShare * 100} % of the connections are read once a day over HTTPS, the most expensive path. A token lives for a day, so ${figure((mixed.vendsRenewed / mixed.vends) * 100)} % of these reads find none and cost a rotation.`;
}

function bills(measured: MeasuredCounts): string {
  const empty = billOf(measured, { connections: 0, habit: 'idle' });
  return `## Dollars a month

An empty vault costs $${dollars(totalOf(empty))}: ${emptyParts(empty)}. If nothing else uses CloudWatch’s free tier (10 metrics, 10 alarms, 3 dashboards), it costs $${dollars(
    totalOf(empty) - freeTier(measured),
  )}.

${billTable(measured, 'idle', 'Idle fleet')}

${billTable(measured, 'mixed', 'Mixed fleet')}

${monitoringNote(measured)}Each KMS key costs a dollar more after its first yearly rotation, and another after the second.`;
}

function strictSection(measured: MeasuredCounts): string {
  const empty = strictAdds(measured, { connections: 0, habit: 'idle' });
  const bySize = SIZES.map((connections) => strictAdds(measured, { connections, habit: 'mixed' }));
  const names = empty.map(({ name }) => name);
  return `## What strict adds

The setting \`compliance: strict\` adds $${dollars(totalOf(empty))} a month to an empty vault. To a mixed fleet that has kept a year of logs, it adds:

${table(
  ['Mixed fleet', ...SIZES.map(sizeText)],
  [
    ...names.map((name, row) => [name, ...bySize.map((items) => dollars(items[row]?.usd ?? 0))]),
    ['**Total**', ...bySize.map((items) => `**${dollars(totalOf(items))}**`)],
  ],
)}

CloudTrail charges for each data event. The figure counts one request for each unit that DynamoDB charges, so it is too high where larger items take several units. \`dataEvents: false\` removes this cost. Encryption adds a few KMS requests, which the table does not count: services reuse a data key for minutes.`;
}

function emptyParts(bill: readonly Item[]): string {
  const parts = bill.filter(({ usd }) => usd >= 0.005).sort((one, other) => other.usd - one.usd);
  return parts.map(({ name, usd }) => `${name} $${dollars(usd)}`).join(', ');
}

/** Per month and forever: https://aws.amazon.com/cloudwatch/pricing/ */
function freeTier(measured: MeasuredCounts): number {
  const { metric, alarm, dashboard } = usageOf(measured, { connections: 0, habit: 'idle' });
  return (
    usd('metric', Math.min(10, metric)) +
    usd('alarm', Math.min(10, alarm)) +
    usd('dashboard', Math.min(3, dashboard))
  );
}

function monitoringNote(measured: MeasuredCounts): string {
  const { alarms, dashboards } = measured.template;
  if (alarms > 0 && dashboards > 0) return '';
  const { alarm, dashboard } = usageOf(measured, { connections: 0, habit: 'idle' });
  return `The template holds ${alarms} alarms and ${dashboards} dashboards today; the tables assume ${alarm} and ${dashboard}. `;
}

function billTable(measured: MeasuredCounts, habit: Habit, title: string): string {
  const billsBySize = SIZES.map((connections) => billOf(measured, { connections, habit }));
  const totals = billsBySize.map(totalOf);
  const names = billsBySize[0]?.map(({ name }) => name) ?? [];
  return table(
    [title, ...SIZES.map(sizeText)],
    [
      ...names.map((name, row) => [name, ...billsBySize.map((bill) => dollars(bill[row]?.usd ?? 0))]),
      ['**Total**', ...totals.map((total) => `**${dollars(total)}**`)],
      ['a thousand connections', ...totals.map((total, at) => dollars((total / (SIZES[at] ?? 1)) * 1_000))],
    ],
  );
}

function comparison(measured: MeasuredCounts): string {
  const row = (name: string, cost: (connections: number) => number) => [
    name,
    ...SIZES.map((size) => dollars(cost(size))),
  ];
  return `## Compared with other designs

${table(
  ['Dollars a month', ...SIZES.map(sizeText)],
  [
    row('this vault, idle', (connections) => totalOf(billOf(measured, { connections, habit: 'idle' }))),
    row('a Secrets Manager secret per user, idle', (connections) =>
      secretPerUser(measured, { connections, habit: 'idle' }),
    ),
    row('this vault, mixed', (connections) => totalOf(billOf(measured, { connections, habit: 'mixed' }))),
    row('a Secrets Manager secret per user, mixed', (connections) =>
      secretPerUser(measured, { connections, habit: 'mixed' }),
    ),
    row('this vault’s schedules, idle: one per connection', (connections) =>
      schedulesAlone(measured, connections),
    ),
    row('instead: a Scan of the table every minute', (connections) => scanEveryMinute(measured, connections)),
    row('instead: a Query of the index `due` every minute', () => queryEveryMinute()),
  ],
)}

The rows of Secrets Manager hold only the secrets and their calls, without the code that rotates them. The Scan and the Query only find what is due, so compare them with the schedules. The Query is the cheapest. The vault has it too: the reconciler, once an hour. Schedules cost more, but do not depend on a single job.`;
}

function schedulesAlone(measured: MeasuredCounts, connections: number): number {
  const bill = billOf(measured, { connections, habit: 'idle' });
  return bill.find(({ name }) => name.startsWith('Scheduler'))?.usd ?? 0;
}

function vends(measured: MeasuredCounts): string {
  const rows = vendPaths().map(({ name, usd }) => [name, dollars(usd)]);
  return `## A million vends

${table(['Path', 'dollars'], rows)}

A vend that finds the token expired costs one more rotation on any path: $${dollars(rotation(measured))} a million.`;
}

function quotas(measured: MeasuredCounts): string {
  const bySize = SIZES.map((connections) => demandsOf(measured, connections));
  const rows = (bySize[0] ?? []).map(({ quota, allowed }, row) => [
    `${QUOTAS[quota].raise} (${QUOTAS[quota].unit})`,
    whole(allowed),
    ...bySize.map((demands) => {
      const { needed = 0, mustRaise = false } = demands[row] ?? {};
      return mustRaise ? `**${figure(needed)}**` : figure(needed);
    }),
  ]);
  const { perRegion } = QUOTAS.newAccountLambdaConcurrency;
  return `## AWS quotas

The table shows the demand in the busiest second of a mixed fleet: the peak of a usual day, or of the 72 hours in which every connection rotates once more after an outage or a lost schedule group. **Bold** means more than four fifths of the default: request a higher quota before the fleet is that large.

${table(['Quota', 'default', ...SIZES.map(sizeText)], rows)}

A new account may start with ${perRegion} concurrent Lambda runs${QUOTAS.newAccountLambdaConcurrency.verified ? '' : ' (not found in AWS’s documentation; check your account)'}. Request the usual 1,000 before the first users come. The vault’s own limits apply first: \`throttling.ratePerSecond\` (${OWN_LIMITS.ratePerSecond}) for vending, and \`maxSchedulesPerMinute\` (${OWN_LIMITS.maxSchedulesPerMinute}) for what the reconciler reschedules ([scale](scale.md)). Defaults and their sources are in \`docs/prices.json\`.`;
}

function prices(): string {
  const unverified = [...unverifiedPrices(), ...unverifiedQuotas()];
  const rows = Object.values(PRICES).map((price: Price) => [
    price.unit,
    `${price.usd}${price.per === 1 ? '' : ` / ${price.per.toLocaleString('en-US')}`}`,
    `${price.source}${price.sourceDate === undefined ? '' : `, ${price.sourceDate}`}${price.verified ? '' : ' **not verified**'}`,
  ]);
  return `## Prices

Looked up on ${PRICES_CHECKED_ON} in copies of the named pages, which may be older. AWS’s own pages show many figures only by script; a dated transcription then replaces them. Notes are in \`docs/prices.json\`. Not verified: ${unverified.length === 0 ? 'none' : unverified.join(', ')}.

${table(['Unit', 'dollars', 'source'], rows)}`;
}
