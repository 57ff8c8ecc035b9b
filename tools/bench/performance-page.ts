import { table } from '../cost/markdown.ts';
import type { BenchResults } from './bench-results.ts';
import budgets from './bundle-budgets.json' with { type: 'json' };
import type { Spread } from './statistics.ts';

/** `docs/generated/performance.md`, from figures, exact counts and budgets. */
export function performancePage(results: BenchResults): string {
  return `${[
    introduction(results),
    tokens(results),
    calls(results),
    load(results),
    functions(results),
    starts(results),
    memory(results),
  ].join('\n\n')}\n`;
}

function introduction({ date, commit, machine }: BenchResults): string {
  const { cpu, cores, node, platform, loadPerCore } = machine;
  return `# Performance

Written by \`npm run bench -- --write\` on ${date}, commit \`${commit}\`. \`npm run bench\` measures everything again, in some minutes.

Machine: ${cores} cores of ${cpu}, ${platform}, Node ${node}; load per core when it began: ${loadPerCore}${loadPerCore > 1 ? ' (others used the machine too)' : ''}.
**Absolute times are those of this machine and of stand-ins on it, not of AWS.** Read the ratios: what is compared ran in turn, round after round, in
one run, after a round for warming up. Figures are medians of rounds, with the lowest and the highest round in brackets. Counts of calls are exact, and a test holds them.`;
}

function tokens({ cacheHit, vendLatency, rotationsPerSecond }: BenchResults): string {
  const { floor, direct, https, directTimesFloor, httpsTimesFloor } = vendLatency;
  const row = (name: string, latency: typeof floor, times?: typeof floor) => [
    name,
    `${latency.p50}`,
    `${latency.p99}`,
    times ? `${times.p50}` : '1',
    times ? `${times.p99}` : '1',
  ];
  return `## A token

From the client's memory: **${spread(cacheHit.client)} ns** of processor time, ${cacheHit.timesAwaitedMap} times an \`async\` function that looks into a \`Map\` (${spread(cacheHit.awaitedMap)} ns);
the look into the \`Map\` alone takes ${spread(cacheHit.map)} ns.

Otherwise, in milliseconds over the local stack. The floor is one GetItem and one Decrypt by the AWS SDK and nothing else:

${table(
  ['', 'p50', 'p99', 'p50, times the floor', 'p99, times the floor'],
  [
    row('floor', floor),
    row('direct read by the client', direct, directTimesFloor),
    row('signed HTTPS, by way of the function `access-token`', https, httpsTimesFloor),
  ],
)}

The stand-ins share one thread with the caller and the functions have threads of their own, so HTTPS can come out below the floor here. On AWS it is one network hop and one Lambda more.

A rotation, protocol alone, with every port in memory: **${spread(rotationsPerSecond)} a second of processor time**. Adobe and the network take longer than the vault.`;
}

function calls({ calls: counted }: BenchResults): string {
  const rows = Object.entries(counted).map(([operation, counts]) => [
    operation,
    Object.entries(counts)
      .map(([call, count]) => `${count} ${nameOf(call)}`)
      .join(', ') || 'none',
  ]);
  return `## Calls

What each operation asks of AWS and of Adobe, counted at the stand-ins, in functions that are warm:

${table(['Operation', 'calls'], rows)}

A vend over HTTPS and each consent step are one API Gateway request and one Lambda invocation on top. A crowd's reads while it waits differ from run to run, so only its
requests to Adobe are counted: one, whatever the size of the crowd.`;
}

function nameOf(call: string): string {
  if (call.startsWith('/')) return `POST to Adobe (\`${call}\`)`;
  const [service = '', operation = ''] = call.split(':');
  return `${operation} (${service})`;
}

function load({ vendLoad }: BenchResults): string {
  return `## Load

Callers who ask again as soon as they are answered, none with a cache, over the local stack on this machine:

${table(
  ['Way', 'callers', 'vends a second', 'errors'],
  vendLoad.map(({ way, callers, vendsPerSecond, errors }) => [
    way === 'direct' ? 'direct read' : 'signed HTTPS',
    `${callers}`,
    `${vendsPerSecond}`,
    `${errors}`,
  ]),
)}

It stays level because the machine is busy with stand-ins, which check every signature and every permission; what it shows is that nothing fails or piles up.`;
}

function functions({ handlers }: BenchResults): string {
  return `## Processor time of the functions

Milliseconds of one warm invocation of the real bundle; of its calls by the AWS SDK alone, to the same answers and as many at once; and the difference, which is the vault's own part:

${table(
  ['Function', 'what it does', 'calls', 'whole', 'SDK alone', 'own'],
  handlers.map(({ name, what, calls: count, whole, sdk, own }) => [
    `\`${name}\``,
    what,
    `${count}`,
    spread(whole),
    spread(sdk),
    `${own}`,
  ]),
)}

An own part near nothing, or below it, is within the noise of its two neighbours.`;
}

function starts({ starts: measured, emptyStartMs }: BenchResults): string {
  const budgetOf = new Map<string, number>(Object.entries(budgets));
  const rows = measured.map(({ name, kilobytes, clientsKilobytes, timesEmpty, timesClients }) => [
    `\`${name}\``,
    `${kilobytes}`,
    `${budgetOf.get(name) ?? budgets.anyFunction}`,
    `${clientsKilobytes}`,
    `${timesEmpty}`,
    `${timesClients}`,
  ]);
  return `## Starts and bundles

Processor time of a whole process that imports the bundle, beside one that imports nothing (${emptyStartMs} ms here), and beside one that imports only the AWS clients this function needs, bundled the same way.
Budgets are in \`tools/bench/bundle-budgets.json\`; a test holds every bundle to its own, and a new one to ${budgets.anyFunction} KB.

${table(['Function', 'KB', 'budget', 'its AWS clients, KB', 'start, times empty', 'start, times its AWS clients'], rows)}

How they got there: [lean bundles](../decisions/0025-lean-bundles.md).`;
}

function memory({ cacheMemory }: BenchResults): string {
  const { maxEntries, tokens: count, tokenBytes, fullKilobytes, endKilobytes } = cacheMemory;
  return `## Memory of the client

${count.toLocaleString('en-US')} connections, one after the other, each with a token of ${tokenBytes} bytes, through a cache of ${maxEntries.toLocaleString('en-US')} entries (the default): ${fullKilobytes} KB of heap when the cache
was full for the first time, ${endKilobytes} KB at the end.`;
}

function spread({ median, lowest, highest }: Spread): string {
  return `${median} (${lowest}–${highest})`;
}
