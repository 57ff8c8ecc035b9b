import { classifyAnswer, type Fault } from './classify-answer.ts';
import { type EarlyEffect, mayAct, provenTransaction, vendsImported } from './early-effects.ts';
import { claimsOutage, describeCase, drawCase, type FuzzCase } from './fuzz-case.ts';
import { bytesOf, type FuzzRequest } from './fuzz-request.ts';
import { type FuzzWorld, startFuzzWorld } from './fuzz-world.ts';
import { consumedBy, createMaterialSupply, type Material, type Transaction } from './material.ts';
import type { RawOutcome } from './raw-client.ts';

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

/** Sends `count` hostile requests to the deployed vault over HTTP and checks each answer, and what the vault did meanwhile. */
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

const IN_FLIGHT = 12;

/** A case with what it can do, as far as the case itself shows. */
interface WeighedCase {
  readonly fuzzCase: FuzzCase;
  readonly acts: boolean;
  readonly transaction?: Transaction;
  readonly isUnproven: boolean;
}

/**
 * Sends the requests that may do nothing first, and watches that nothing happens; then the others. Answers those others.
 */
function createBatchSender(world: FuzzWorld, tally: Tally) {
  const { early, inFlight, agreedKeys, vault } = world;
  /** A browser that comes back to one of these gets again what Adobe was said to have answered. */
  const endedByOutage = new Set<string>();

  const sendOne = async ({ fuzzCase, transaction, isUnproven }: WeighedCase): Promise<void> => {
    inFlight.add(fuzzCase.index);
    const outcome = await answerTo(world, fuzzCase);
    inFlight.delete(fuzzCase.index);
    tally.answer(fuzzCase.kind, outcome);
    const faults = classifyAnswer(outcome, {
      destinations: world.destinations,
      claimsOutage: transaction !== undefined && endedByOutage.has(transaction.state),
      isUnproven,
      isBroken: fuzzCase.kind === 'broken http',
    });
    for (const { fault, what } of faults) {
      tally.fail(fault, fuzzCase.index, `${what}; ${describeCase(fuzzCase)}`);
    }
  };

  const sendWatched = async (phase: 'quiet' | 'acting', cases: readonly WeighedCase[]): Promise<void> => {
    const waiting = cases.toReversed();
    const lane = async (): Promise<void> => {
      for (let next = waiting.pop(); next; next = waiting.pop()) await sendOne(next);
    };
    await vault.stack.time.whenIdle();
    early.enter(phase);
    await Promise.all(Array.from({ length: IN_FLIGHT }, lane));
    await vault.stack.time.whenIdle();
    early.enter('unwatched');
    tally.early(early.take());
  };

  return async (cases: readonly FuzzCase[], material: Material): Promise<readonly FuzzRequest[]> => {
    const weighed = cases.map((fuzzCase) => weigh(fuzzCase, material));
    const acting = weighed.filter(({ acts }) => acts);
    agreedKeys.clear();
    for (const { fuzzCase, transaction } of acting) {
      if (transaction === undefined) continue;
      for (const key of consumedBy(transaction)) agreedKeys.add(key);
      if (requestsOf(fuzzCase).some(claimsOutage)) endedByOutage.add(transaction.state);
    }
    await sendWatched(
      'quiet',
      weighed.filter(({ acts }) => !acts),
    );
    await sendWatched('acting', acting);
    tally.agreed(acting.filter(({ transaction }) => transaction !== undefined).length);
    return acting.flatMap(({ fuzzCase }) => requestsOf(fuzzCase));
  };
}

function weigh(fuzzCase: FuzzCase, material: Material): WeighedCase {
  if (fuzzCase.kind === 'broken http') return { fuzzCase, acts: false, isUnproven: false };
  const transaction = provenTransaction(fuzzCase.request, material);
  const isUnproven = vendsImported(fuzzCase.request, material);
  return {
    fuzzCase,
    acts: mayAct(fuzzCase.request, material),
    isUnproven,
    ...(transaction && { transaction }),
  };
}

async function answerTo({ client, sign }: FuzzWorld, fuzzCase: FuzzCase): Promise<RawOutcome> {
  if (fuzzCase.kind === 'broken http') {
    return client.send({ bytes: fuzzCase.bytes, isHead: false, isLast: true });
  }
  const { request } = fuzzCase;
  return client.send({
    bytes: bytesOf(await sign(request)),
    isHead: request.method === 'HEAD',
    isLast: false,
  });
}

function requestsOf(fuzzCase: FuzzCase): FuzzRequest[] {
  return fuzzCase.kind === 'broken http' ? [] : [fuzzCase.request];
}

export interface FuzzFailure {
  readonly what: string;
  /** The request that did it, or those that may have: send it again with the run's seed. */
  readonly indexes: readonly number[];
}

export interface FuzzReport extends Readonly<Record<Fault, number>> {
  readonly seed: number;
  readonly sent: number;
  readonly earlyWrites: number;
  /** Other things done too early: keys asked for, codes exchanged, functions invoked. */
  readonly earlyEffects: number;
  /** What the stack itself could not do. */
  readonly stackProblems: number;
  /** How deep the requests went; a fuzz that is turned away at the door finds nothing. */
  readonly reached: Readonly<Record<string, number>>;
  readonly statuses: Readonly<Record<string, number>>;
  readonly requestsPerSecond: number;
  readonly failures: readonly FuzzFailure[];
}

const MOST_FAILURES_KEPT = 50;

export type Tally = ReturnType<typeof createTally>;

/** Counts what was sent, what came back, and what was wrong with it. */
export function createTally(seed: number) {
  const startedAtMs = performance.now();
  const faults = { serverErrors: 0, reflections: 0, unanswered: 0, openRedirects: 0, unguarded: 0 };
  const reached: Record<string, number> = {};
  const statuses: Record<string, number> = {};
  const failures: FuzzFailure[] = [];
  let sent = 0;
  let earlyWrites = 0;
  let earlyEffects = 0;
  let stackProblems = 0;

  const increment = (counts: Record<string, number>, name: string, by = 1): void => {
    counts[name] = (counts[name] ?? 0) + by;
  };
  const keep = (failure: FuzzFailure): void => {
    if (failures.length < MOST_FAILURES_KEPT) failures.push(failure);
  };
  const requestsPerSecond = (): number => Math.round((sent * 1_000) / (performance.now() - startedAtMs));
  const failed = (): number =>
    Object.values(faults).reduce((sum, count) => sum + count, earlyWrites + earlyEffects + stackProblems);

  return {
    answer(kind: FuzzCase['kind'], outcome: RawOutcome): void {
      sent += 1;
      increment(statuses, String(typeof outcome === 'string' ? outcome : outcome.status));
      const depth = typeof outcome === 'string' ? undefined : depthOf(kind, outcome);
      if (depth !== undefined) increment(reached, depth);
    },
    agreed: (count: number): void => increment(reached, 'agreed', count),
    fail(fault: Fault, index: number, what: string): void {
      faults[fault] += 1;
      keep({ what: `${fault}: ${what}`, indexes: [index] });
    },
    early(effects: readonly EarlyEffect[]): void {
      for (const { isWrite, what, suspects } of effects) {
        if (isWrite) earlyWrites += 1;
        else earlyEffects += 1;
        keep({ what, indexes: suspects });
      }
    },
    problems(sentences: readonly string[]): void {
      stackProblems += sentences.length;
      for (const what of sentences) keep({ what, indexes: [] });
    },
    sentence: (): string => `${sent} requests sent, ${failed()} faults, ${requestsPerSecond()} a second`,
    report: (): FuzzReport => ({
      seed,
      sent,
      ...faults,
      earlyWrites,
      earlyEffects,
      stackProblems,
      reached,
      statuses,
      requestsPerSecond: requestsPerSecond(),
      failures,
    }),
  };
}

const BROUGHT_IN = /"dryRun":false,"totals":\{"imported":[1-9]/;

/** What an answer says about how far its request came. */
function depthOf(kind: FuzzCase['kind'], answer: Exclude<RawOutcome, string>): string | undefined {
  const location = answer.headers.find(([name]) => name === 'location')?.[1] ?? '';
  if (location.includes('connection_code=')) return 'connected';
  if (location.includes('error=')) return 'sent back to the app';
  if (location !== '') return 'sent to Adobe';
  if (answer.status === 431) return 'over the gateway limit';
  if (answer.status === 202) return kind === 'operate' ? 'erased' : 'disconnected';
  if (answer.status === 201) return 'consent opened';
  if (answer.status !== 200) return undefined;
  if (kind === 'import') return BROUGHT_IN.test(answer.body.toString()) ? 'imported' : 'import checked';
  return { vend: 'vended', redeem: 'redeemed', connections: 'described', operate: 'operated' }[
    kind as string
  ];
}
