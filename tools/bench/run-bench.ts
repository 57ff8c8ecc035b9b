import { EXAMPLE_FUNCTION_NAME, FUNCTION_NAMES } from '../../lib/packaging/function-names.ts';
import type { BenchResults } from './bench-results.ts';
import { type HandlerCost, measureHandler } from './handlers/handler-cost.ts';
import { scenariosOf } from './handlers/scenarios.ts';
import { measureCacheHit } from './in-process/cache-hit.ts';
import { measureCacheMemory } from './in-process/cache-memory.ts';
import { measureRotationRate } from './in-process/rotation-rate.ts';
import { type BenchWorld, startBenchWorld } from './stack/bench-world.ts';
import { countCalls } from './stack/count-calls.ts';
import { measureVendLatency } from './stack/vend-latency.ts';
import { measureVendLoad } from './stack/vend-load.ts';
import { measureStarts } from './start/start-times.ts';

/** How much of each to measure. */
export interface Extent {
  readonly rounds: number;
  readonly cacheHits: number;
  readonly tokens: number;
  readonly rotations: number;
  readonly vends: number;
  readonly loadedVends: number;
  readonly callers: readonly number[];
  readonly invocations: number;
  readonly starts: number;
  /** Processes per function on the local stack. */
  readonly environments: number;
  /** Names of functions; absent = all. */
  readonly functions?: readonly string[];
}

export const WHOLE: Extent = {
  rounds: 5,
  cacheHits: 200_000,
  tokens: 1_000_000,
  rotations: 300,
  vends: 100,
  loadedVends: 300,
  callers: [1, 8, 64],
  invocations: 50,
  starts: 7,
  environments: 6,
};

/** Enough to show that the benchmarks run, too little for figures. */
export const QUICK: Extent = {
  rounds: 1,
  cacheHits: 2000,
  tokens: 3000,
  rotations: 10,
  vends: 3,
  loadedVends: 16,
  callers: [1, 8],
  invocations: 2,
  starts: 1,
  environments: 1,
  functions: ['access-token'],
};

export interface BenchSurroundings {
  readonly cdkOut: string;
  readonly functionBundles: string;
  readonly extent: Extent;
  onStep(sentence: string): void;
}

const ID = 'demo.alice';

type Figures = Omit<BenchResults, 'date' | 'commit' | 'machine'>;

export async function runBench({
  cdkOut,
  functionBundles,
  extent,
  onStep,
}: BenchSurroundings): Promise<Figures> {
  const { rounds, environments } = extent;
  onStep('The client in memory: hits, many tokens; the protocol over ports in memory …');
  const inMemory = {
    cacheHit: await measureCacheHit({ rounds, calls: extent.cacheHits }),
    cacheMemory: await measureCacheMemory(extent.tokens),
    rotationsPerSecond: await measureRotationRate({ rounds, rotations: extent.rotations }),
  };
  // From the present, so that processes outside the stack agree with its clock.
  const start = (maxEnvironments: number) =>
    startBenchWorld(cdkOut, { startMs: Date.now(), stack: { maxEnvironments } });
  const timed = async (world: BenchWorld) => measureOnStack(world, functionBundles, extent, onStep);
  const count = async (world: BenchWorld) => {
    onStep('Calls per operation, counted by the stand-ins …');
    return { calls: await countCalls(world) };
  };
  // With more than one process of a function, it depends on chance which one has read the secrets.
  if (environments === 1) {
    const onStack = await inWorld(start(1), async (world) => ({
      ...(await timed(world)),
      ...(await count(world)),
    }));
    return { ...inMemory, ...onStack };
  }
  return { ...inMemory, ...(await inWorld(start(1), count)), ...(await inWorld(start(environments), timed)) };
}

async function measureOnStack(
  world: BenchWorld,
  functionBundles: string,
  extent: Extent,
  onStep: BenchSurroundings['onStep'],
) {
  const {
    rounds,
    callers,
    vends,
    loadedVends,
    functions = [...FUNCTION_NAMES, EXAMPLE_FUNCTION_NAME],
  } = extent;
  await world.vault.connect(ID, 'alice');
  onStep('Vends over the local stack: latency, then load …');
  const vendLatency = await measureVendLatency(world, ID, { vends: rounds * vends });
  const vendLoad = await measureVendLoad(world, ID, { callers, vends: loadedVends });
  onStep('Processor time of each function …');
  const handlers = await measureHandlers(world, functionBundles, { ...extent, functions });
  onStep('Starts of each bundle …');
  const { emptyMs: emptyStartMs, starts } = await measureStarts({
    functionBundles,
    rounds: extent.starts,
    names: functions,
    // A function of the example stack is deployed without the word.
    environmentOf: (name) =>
      world.vault.stack.functions.get(name.replace(/^example-/, '')).definition.environment,
  });
  return { vendLatency, vendLoad, handlers, emptyStartMs, starts };
}

async function measureHandlers(
  world: BenchWorld,
  functionBundles: string,
  { rounds, invocations, functions = [] }: Extent,
): Promise<HandlerCost[]> {
  const costs: HandlerCost[] = [];
  for (const scenario of scenariosOf(world.vault, ID)) {
    if (!functions.includes(scenario.name)) continue;
    costs.push(await measureHandler(world, scenario, { functionBundles, rounds, invocations }));
  }
  return costs;
}

async function inWorld<Result>(
  starting: Promise<BenchWorld>,
  run: (world: BenchWorld) => Promise<Result>,
): Promise<Result> {
  const world = await starting;
  try {
    return await run(world);
  } finally {
    await world.stop();
  }
}
