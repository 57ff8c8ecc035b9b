import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { functionVariables } from '../../../local/functions/function-variables.ts';
import type { BenchWorld } from '../stack/bench-world.ts';
import { inRounds, type Spread, spreadOf } from '../statistics.ts';
import type { ProcessAnswer, ProcessOrder } from './handler-process.ts';
import type { Scenario } from './scenarios.ts';
import { startTape, type Tape } from './tape.ts';

export interface HandlerCost {
  readonly name: string;
  readonly what: string;
  readonly calls: number;
  /** Milliseconds of processor time of one invocation in a process that is warm. */
  readonly whole: Spread;
  /** The same calls by the SDK alone, with the same answers. */
  readonly sdk: Spread;
  readonly own: number;
}

export interface HandlerOptions {
  readonly functionBundles: string;
  readonly rounds: number;
  readonly invocations: number;
}

const MOST_WORDS = 2000;
const PROCESS = fileURLToPath(new URL('./handler-process.ts', import.meta.url));

/** Records the calls and answers of one real invocation, then repeats it with and without the function's code. */
export async function measureHandler(
  world: BenchWorld,
  { name, what, event, succeeded }: Scenario,
  { functionBundles, rounds, invocations }: HandlerOptions,
): Promise<HandlerCost> {
  const { stack, ims } = world.vault;
  const adobeUrl = ims.baseUrl();
  const tape = await startTape(stack.awsEndpointUrl, adobeUrl);
  const start = async (order: Partial<ProcessOrder>) =>
    startProcess(environmentOf(world, name, tape), {
      events: [await event(), await event()],
      adobeUrl,
      tapeUrl: tape.url,
      calls: [],
      ...order,
    });
  const modulePath = join(functionBundles, name, 'index.mjs');
  const processes: RunningProcess[] = [];
  try {
    const handler = await start({ modulePath });
    processes.push(handler);
    tape.forget();
    assertOutcome(name, succeeded, await handler.invoke(1));
    tape.replay();
    const bare = await start({ calls: tape.calls() });
    processes.push(bare);
    const millis = async (running: RunningProcess) => (await running.invoke(invocations)).cpuMicros / 1000;
    const figures = await inRounds(rounds, { whole: () => millis(handler), sdk: () => millis(bare) });
    assertOutcome(name, succeeded, await handler.invoke(1));
    if (tape.misses() > 0) throw new Error(`${name} asked something it had not asked before.`);
    const [whole, sdk] = [spreadOf(figures.whole), spreadOf(figures.sdk)];
    const own = Math.round((whole.median - sdk.median) * 100) / 100;
    return { name, what, calls: tape.calls().length, whole, sdk, own };
  } finally {
    for (const { child } of processes) child.kill();
    await tape.stop();
  }
}

function assertOutcome(name: string, succeeded: Scenario['succeeded'], { outcome }: ProcessAnswer): void {
  if (!succeeded.test(outcome)) throw new Error(`${name} answered ${outcome}`);
}

function environmentOf(world: BenchWorld, name: string, tape: Tape): Record<string, string> {
  const { stack } = world.vault;
  const { definition } = stack.functions.get(name);
  return functionVariables(definition, stack.iam.role(definition.roleArn), {
    region: 'us-east-1',
    awsEndpointUrl: tape.url,
    rewriteHosts: stack.localUrl,
  });
}

interface RunningProcess {
  readonly child: ChildProcess;
  invoke(count: number): Promise<ProcessAnswer>;
}

async function startProcess(
  environment: Record<string, string>,
  order: ProcessOrder,
): Promise<RunningProcess> {
  const child = fork(PROCESS, [JSON.stringify(order)], {
    env: { ...environment, PATH: process.env.PATH },
    execArgv: ['--import', 'tsx'],
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  });
  let said = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    said = (said + text).slice(-MOST_WORDS);
  });
  const answer = async (): Promise<unknown> => {
    const answered = new AbortController();
    const { signal } = answered;
    const ended = once(child, 'exit', { signal }).then(([code]) => {
      throw new Error(`A process of the benchmark ended with ${code}: ${said}`);
    });
    try {
      const [message] = await Promise.race([once(child, 'message', { signal }), ended]);
      return message;
    } finally {
      ended.catch(() => undefined);
      answered.abort();
    }
  };
  await answer();
  return {
    child,
    async invoke(count) {
      const answered = answer();
      child.send(count);
      return (await answered) as ProcessAnswer;
    },
  };
}
