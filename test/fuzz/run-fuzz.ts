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
  /** Send this one alone. */
  readonly only?: number;
  readonly onProgress?: (sentence: string) => void;
}

/** Requests that share what is real; between two batches some seconds pass and what was used up is replaced. */
const BATCH = 1_000;
const BETWEEN_BATCHES_MS = 45_000;
/** A stand-in remembers all it was asked: a new world now and then keeps a long run small. */
const WORLD = 50 * BATCH;
/** The gateway about a request that never ended: some of ours do not. */
const CUT_OFF = 'Error: aborted';

/** Sends `count` hostile requests to the deployed vault over HTTP and judges each answer, and what it did meanwhile. */
export async function runFuzz(options: FuzzOptions): Promise<FuzzReport> {
  const { cdkOut, count, seed, only } = options;
  const tally = createTally(seed);
  const [first, end] = only === undefined ? [0, count] : [only, only + 1];
  for (let from = first; from < end; from += WORLD) {
    const world = await startFuzzWorld(cdkOut);
    try {
      await runInWorld({ ...options, world, tally, from, to: Math.min(end, from + WORLD) });
    } finally {
      await world.stop();
    }
  }
  return tally.report();
}

interface Stretch extends FuzzOptions {
  readonly world: FuzzWorld;
  readonly tally: Tally;
  readonly from: number;
  readonly to: number;
}

async function runInWorld({ world, tally, seed, from, to, onProgress }: Stretch): Promise<void> {
  const { stack } = world.vault;
  const supply = createMaterialSupply(world);
  const sendBatch = createBatchSender(world, tally);
  for (let at = from; at < to; at += BATCH) {
    const material = await supply.prepare();
    const indexes = Array.from({ length: Math.min(BATCH, to - at) }, (_, n) => at + n);
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
