import { table } from '../cost/markdown.ts';
import { wrapProse } from '../docs/wrap-prose.ts';
import type { BenchResults } from './bench-results.ts';
import budgets from './bundle-budgets.json' with { type: 'json' };
import type { Spread } from './statistics.ts';

/** `docs/generated/performance.md`, from figures, exact counts and budgets. */
export function performancePage(results: BenchResults): string {
  return wrapProse(
    `${[
      introduction(results),
      tokens(results),
      calls(results),
      load(results),
      functions(results),
      starts(results),
      memory(results),
    ].join('\n\n')}\n`,
  );
}

function introduction({ date, commit, machine }: BenchResults): string {
  const { cpu, cores, node, platform, loadPerCore } = machine;
  return `# Performance

\`npm run bench -- --write\` generated this page on ${date}, from commit \`${commit}\`. \`npm run bench\` measures everything again, in some minutes.

Machine: ${cores} cores of ${cpu}, ${platform}, Node ${node}. Load per core at the start: ${loadPerCore}${loadPerCore > 1 ? ' (the machine had other work too)' : ''}.

**Absolute times are those of this machine and its stand-ins, not of AWS.** Read the ratios. What is compared ran in turn, round after round, in one run, after a round for warming up. Figures are medians of rounds, with the lowest and the highest round in brackets. Counts of calls are exact, and a test holds them.`;
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

From the client's memory: **${spread(cacheHit.client)} ns** of processor time, ${cacheHit.timesAwaitedMap} times an \`async\` function that reads a \`Map\` (${spread(cacheHit.awaitedMap)} ns). Reading the \`Map\` alone takes ${spread(cacheHit.map)} ns.

The other paths, in milliseconds over the local stack. The floor is one GetItem and one Decrypt by the AWS SDK:

${table(
  ['', 'p50', 'p99', 'p50, times the floor', 'p99, times the floor'],
  [
    row('floor', floor),
    row('direct read by the client', direct, directTimesFloor),
    row('signed HTTPS, by way of the function `access-token`', https, httpsTimesFloor),
  ],
)}

The stand-ins share one thread with the caller, and the functions have separate threads. So HTTPS can come out below the floor here. On AWS it adds one network hop and one Lambda.

A rotation, only the protocol, with every port in memory: **${spread(rotationsPerSecond)} a second of processor time**. Adobe and the network take longer than the vault.`;
}

function calls({ calls: counted }: BenchResults): string {
  const rows = Object.entries(counted).map(([operation, counts]) => [
    operation,
    Object.entries(counts)
      .map(([call, count]) => `${count} ${nameOf(call)}`)
      .join(', ') || 'none',
  ]);
  return `## Calls

The calls of each operation to AWS and Adobe, counted at the stand-ins, in warm functions:

${table(['Operation', 'calls'], rows)}

A vend over HTTPS and each consent step add one API Gateway request and one Lambda invocation. The reads of a waiting crowd differ from run to run, so only its requests to Adobe are counted: one, for a crowd of any size.`;
}

function nameOf(call: string): string {
  if (call.startsWith('/')) return `POST to Adobe (\`${call}\`)`;
  const [service = '', operation = ''] = call.split(':');
  return `${operation} (${service})`;
}

function load({ vendLoad }: BenchResults): string {
  return `## Load

Callers without a cache that ask again as soon as they are answered, over the local stack on this machine:

${table(
  ['Way', 'callers', 'vends a second', 'errors'],
  vendLoad.map(({ way, callers, vendsPerSecond, errors }) => [
    way === 'direct' ? 'direct read' : 'signed HTTPS',
    `${callers}`,
    `${vendsPerSecond}`,
    `${errors}`,
  ]),
)}

The figures stay level because the machine is busy with stand-ins, which check every signature and permission. They show that nothing fails or piles up.`;
}

function functions({ handlers }: BenchResults): string {
  return `## Processor time of the functions

Milliseconds of one warm invocation of the real bundle (*whole*); of its calls by the AWS SDK alone, with the same answers and concurrency (*SDK alone*); and the difference, which is the vault's part (*own*):

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

An own part near or below zero is within the noise of the other two.`;
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

Processor time of a whole process that imports the bundle, compared with one that imports nothing (${emptyStartMs} ms here), and with one that imports only the AWS clients of this function, bundled the same way. Budgets are in \`tools/bench/bundle-budgets.json\`; a test holds each bundle to its budget, and a new one to ${budgets.anyFunction} KB.

${table(['Function', 'KB', 'budget', 'its AWS clients, KB', 'start, times empty', 'start, times its AWS clients'], rows)}

[Lean bundles](../decisions/0025-lean-bundles.md) says how they became small.`;
}

function memory({ cacheMemory }: BenchResults): string {
  const { maxEntries, tokens: count, tokenBytes, fullKilobytes, endKilobytes } = cacheMemory;
  return `## Memory of the client

${count.toLocaleString('en-US')} connections, one after the other, each with a token of ${tokenBytes} bytes, through a cache of ${maxEntries.toLocaleString('en-US')} entries (the default). The heap held ${fullKilobytes} KB when the cache was full for the first time, and ${endKilobytes} KB at the end.`;
}

function spread({ median, lowest, highest }: Spread): string {
  return `${median} (${lowest}–${highest})`;
}
