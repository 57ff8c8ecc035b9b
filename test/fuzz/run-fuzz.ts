import { claimsOutage, describeCase, drawCase, type FuzzCase } from './fuzz-case.ts';
import { bytesOf, type FuzzRequest } from './fuzz-request.ts';
import { type FuzzWorld, startFuzzWorld } from './fuzz-world.ts';
import { type Fault, judgeAnswer } from './judge-answer.ts';
import { burntBy, type Material } from './material.ts';
import { mayAct, provenAttempt } from './may-act.ts';
import { createMaterialSupply } from './prepare-material.ts';
import type { RawOutcome } from './raw-client.ts';
import { createTally, type FuzzReport } from './tally.ts';

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
const BATCH = 256;
const BETWEEN_BATCHES_MS = 20_000;
const IN_FLIGHT = 12;
/** A stand-in remembers all it was asked: a new world now and then keeps a long run small. */
const WORLD = 150 * BATCH;

/** Sends `count` hostile requests to the deployed vault over HTTP and judges each answer, and what it did meanwhile. */
export async function runFuzz({
  cdkOut,
  count,
  seed,
  only,
  onProgress = () => undefined,
}: FuzzOptions): Promise<FuzzReport> {
  const tally = createTally(seed);
  const [first, end] = only === undefined ? [0, count] : [only, only + 1];
  for (let from = first; from < end; from += WORLD) {
    const inFlight = new Set<number>();
    const agreedKeys = new Set<string>();
    const world = await startFuzzWorld({
      cdkOut,
      agreedKeys: () => agreedKeys,
      inFlight: () => [...inFlight],
    });
    try {
      await runInWorld(
        { world, tally, inFlight, agreedKeys, seed, from, to: Math.min(end, from + WORLD) },
        onProgress,
      );
    } finally {
      await world.stop();
    }
  }
  return tally.report();
}

/** The gateway about a request that never ended: some of ours do not. */
const CUT_OFF = 'Error: aborted';

interface Run {
  readonly world: FuzzWorld;
  readonly tally: ReturnType<typeof createTally>;
  readonly inFlight: Set<number>;
  readonly agreedKeys: Set<string>;
  readonly seed: number;
  readonly from: number;
  readonly to: number;
}

async function runInWorld(run: Run, onProgress: (sentence: string) => void): Promise<void> {
  const { world, tally, seed, from, to } = run;
  const supply = createMaterialSupply(world);
  for (let at = from; at < to; at += BATCH) {
    const material = await supply.prepare();
    const indexes = Array.from({ length: Math.min(BATCH, to - at) }, (_, n) => at + n);
    const cases = indexes.map((index) => drawCase(seed, index, material, world.host));
    const acting = cases.filter((one) => one.kind !== 'broken http' && mayAct(one.request, material));
    await sendQuietly(
      run,
      cases.filter((one) => !acting.includes(one)),
    );
    await sendActing(run, acting, material);
    supply.spend(acting.flatMap(requestOf), material);
    await world.vault.stack.time.advanceBy(BETWEEN_BATCHES_MS);
    onProgress(tally.sentence());
  }
  tally.problems(world.vault.stack.problems().filter((sentence) => !sentence.endsWith(CUT_OFF)));
}

/** None of these gives a reason for anything to happen. */
const sendQuietly = (run: Run, cases: readonly FuzzCase[]): Promise<void> => sendWatched(run, 'quiet', cases);

async function sendActing(run: Run, cases: readonly FuzzCase[], material: Material): Promise<void> {
  const attempts = cases.flatMap(requestOf).map((request) => provenAttempt(request, material));
  run.agreedKeys.clear();
  for (const attempt of attempts) if (attempt) for (const key of burntBy(attempt)) run.agreedKeys.add(key);
  run.tally.agreed(attempts.filter((attempt) => attempt !== undefined).length);
  await sendWatched(run, 'acting', cases);
}

async function sendWatched(run: Run, phase: 'quiet' | 'acting', cases: readonly FuzzCase[]): Promise<void> {
  const { early, vault } = run.world;
  await vault.stack.time.whenIdle();
  early.enter(phase);
  await sendAll(run, cases);
  await vault.stack.time.whenIdle();
  early.enter('unwatched');
  run.tally.early(early.take());
}

async function sendAll(run: Run, cases: readonly FuzzCase[]): Promise<void> {
  const waiting = [...cases].reverse();
  const lane = async (): Promise<void> => {
    for (let next = waiting.pop(); next; next = waiting.pop()) await sendOne(run, next);
  };
  await Promise.all(Array.from({ length: IN_FLIGHT }, lane));
}

async function sendOne({ world, tally, inFlight }: Run, fuzzCase: FuzzCase): Promise<void> {
  inFlight.add(fuzzCase.index);
  const outcome = await answerTo(world, fuzzCase);
  inFlight.delete(fuzzCase.index);
  const faults = judgeAnswer(outcome, {
    destinations: world.destinations,
    claimsOutage: claimsOutage(fuzzCase),
    isBroken: fuzzCase.kind === 'broken http',
  });
  tally.answer(fuzzCase.kind, outcome);
  for (const { fault, what } of faults)
    tally.fail(fault satisfies Fault, fuzzCase.index, `${what}; ${describeCase(fuzzCase)}`);
}

async function answerTo(world: FuzzWorld, fuzzCase: FuzzCase): Promise<RawOutcome> {
  if (fuzzCase.kind === 'broken http') {
    return world.client.send({ bytes: fuzzCase.bytes, isHead: false, isLast: true });
  }
  const { request } = fuzzCase;
  const bytes = bytesOf(await world.sign(request));
  return world.client.send({ bytes, isHead: request.method === 'HEAD', isLast: false });
}

const requestOf = (fuzzCase: FuzzCase): FuzzRequest[] =>
  fuzzCase.kind === 'broken http' ? [] : [fuzzCase.request];
