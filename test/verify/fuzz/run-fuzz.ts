import { drawCase } from './fuzz-case.ts';
import { type FuzzWorld, startFuzzWorld } from './fuzz-world.ts';
import { createMaterialSupply } from './prepare-material.ts';
import { createBatchSender } from './send-batch.ts';
import { createTally, type FuzzReport, type Tally } from './tally.ts';

export interface FuzzOptions {
  /** The cloud assembly to run, with the real bundles. */
  readonly cdkOut: string;
  readonly count: number;
  readonly seed: number;
  /** Send these alone, one after the other: a request may need what an earlier one left behind. */
  readonly only?: readonly number[];
  readonly onProgress?: (sentence: string) => void;
}

/** Requests that share what is real; between two batches some seconds pass and what was used up is replaced. */
const BATCH = 1_000;
const BETWEEN_BATCHES_MS = 45_000;
/** A stand-in remembers all it was asked: a new world now and then keeps a long run small. */
const BATCHES_IN_WORLD = 50;
/** The gateway about a request that never ended: some of ours do not. */
const CUT_OFF = 'Error: aborted';

/** Sends `count` hostile requests to the deployed vault over HTTP and judges each answer, and what it did meanwhile. */
export async function runFuzz(options: FuzzOptions): Promise<FuzzReport> {
  const { cdkOut, count, seed, only } = options;
  const tally = createTally(seed);
  const batches = only?.map((index) => [index]) ?? batchesOf(count);
  for (let from = 0; from < batches.length; from += BATCHES_IN_WORLD) {
    const world = await startFuzzWorld(cdkOut);
    try {
      await runInWorld({ ...options, world, tally, batches: batches.slice(from, from + BATCHES_IN_WORLD) });
    } finally {
      await world.stop();
    }
  }
  return tally.report();
}

function batchesOf(count: number): number[][] {
  return Array.from({ length: Math.ceil(count / BATCH) }, (_, at) =>
    Array.from({ length: Math.min(BATCH, count - at * BATCH) }, (_one, n) => at * BATCH + n),
  );
}

interface Stretch extends FuzzOptions {
  readonly world: FuzzWorld;
  readonly tally: Tally;
  readonly batches: readonly (readonly number[])[];
}

async function runInWorld({ world, tally, seed, batches, onProgress }: Stretch): Promise<void> {
  const { stack } = world.vault;
  const supply = createMaterialSupply(world);
  const sendBatch = createBatchSender(world, tally);
  for (const indexes of batches) {
    const material = await supply.prepare();
    const acted = await sendBatch(
      indexes.map((index) => drawCase(seed, index, material, world.host)),
      material,
    );
    supply.spend(acted, material);
    await stack.time.advanceBy(BETWEEN_BATCHES_MS);
    onProgress?.(tally.sentence());
  }
  tally.problems(stack.problems().filter((sentence) => !sentence.endsWith(CUT_OFF)));
}
