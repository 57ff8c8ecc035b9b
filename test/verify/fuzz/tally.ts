import type { Fault } from './classify-answer.ts';
import type { EarlyEffect } from './early-effects.ts';
import type { FuzzCase } from './fuzz-case.ts';
import type { RawOutcome } from './raw-client.ts';

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
  if (kind === 'import') return BROUGHT_IN.test(answer.body.toString()) ? 'imported' : 'import judged';
  return { vend: 'vended', redeem: 'redeemed', connections: 'described', operate: 'operated' }[
    kind as string
  ];
}
