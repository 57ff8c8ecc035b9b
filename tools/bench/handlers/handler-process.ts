import { pathToFileURL } from 'node:url';
import { createBareCalls } from './bare-calls.ts';
import type { TapedCall } from './tape.ts';

/** What a process of a benchmark is started with, as JSON in its last argument. */
export interface ProcessOrder {
  /** Absent: only the calls. */
  readonly modulePath?: string;
  /** The first is for warming up, the second is repeated. */
  readonly events: readonly [object, object];
  readonly calls: readonly TapedCall[];
  readonly adobeUrl: string;
  readonly tapeUrl: string;
}

export interface ProcessAnswer {
  readonly cpuMicros: number;
  /** The answer of the last invocation, as JSON. */
  readonly outcome: string;
}

type Handler = (event: object, context: object) => Promise<unknown>;

const order = JSON.parse(process.argv.at(-1) ?? '') as ProcessOrder;
const realFetch = globalThis.fetch;
// Tokens are checked against Adobe's address, so the address stays and the request is redirected.
globalThis.fetch = (input, init) =>
  realFetch(
    String(input instanceof Request ? input.url : input).replace(order.adobeUrl, order.tapeUrl),
    init,
  );

const run = await (order.modulePath === undefined ? bareCalls() : handlerOf(order.modulePath));

process.on('message', (count: number) => {
  void invoke(count).then((answer) => process.send?.(answer));
});
process.send?.('ready');

async function invoke(count: number): Promise<ProcessAnswer> {
  let outcome: unknown;
  const before = process.cpuUsage();
  for (let number = 0; number < count; number++) outcome = await run();
  const { user, system } = process.cpuUsage(before);
  return { cpuMicros: (user + system) / count, outcome: JSON.stringify(outcome) ?? '' };
}

async function handlerOf(path: string): Promise<() => Promise<unknown>> {
  const { handler } = (await import(pathToFileURL(path).href)) as { readonly handler: Handler };
  const context = {
    awsRequestId: 'benchmark',
    invokedFunctionArn: 'arn:aws:lambda:eu-west-1:111122223333:function:benchmark:live',
    getRemainingTimeInMillis: () => 55_000,
  };
  const [first, again] = order.events;
  await handler(first, context);
  return () => handler(structuredClone(again), context);
}

function bareCalls(): () => Promise<void> {
  return createBareCalls(order.calls, order.adobeUrl);
}
