import { classifyAnswer } from './classify-answer.ts';
import { claimsOutage, describeCase, type FuzzCase } from './fuzz-case.ts';
import { bytesOf, type FuzzRequest } from './fuzz-request.ts';
import type { FuzzWorld } from './fuzz-world.ts';
import { type Attempt, consumedBy, type Material } from './material.ts';
import { mayAct, provenAttempt, vendsImported } from './may-act.ts';
import type { RawOutcome } from './raw-client.ts';
import type { Tally } from './tally.ts';

const IN_FLIGHT = 12;

/** A case with what it can do, as far as the case itself tells. */
interface WeighedCase {
  readonly fuzzCase: FuzzCase;
  readonly acts: boolean;
  readonly attempt?: Attempt;
  readonly isUnproven: boolean;
}

/**
 * Sends the requests that may do nothing first, and watches that nothing happens; then the others. Answers those others.
 */
export function createBatchSender(world: FuzzWorld, tally: Tally) {
  const { early, inFlight, agreedKeys, vault } = world;
  /** Whoever comes back to one of these is told again what Adobe was said to have answered. */
  const endedByOutage = new Set<string>();

  const sendOne = async ({ fuzzCase, attempt, isUnproven }: WeighedCase): Promise<void> => {
    inFlight.add(fuzzCase.index);
    const outcome = await answerTo(world, fuzzCase);
    inFlight.delete(fuzzCase.index);
    tally.answer(fuzzCase.kind, outcome);
    const faults = classifyAnswer(outcome, {
      destinations: world.destinations,
      claimsOutage: attempt !== undefined && endedByOutage.has(attempt.state),
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
    for (const { fuzzCase, attempt } of acting) {
      if (attempt === undefined) continue;
      for (const key of consumedBy(attempt)) agreedKeys.add(key);
      if (requestsOf(fuzzCase).some(claimsOutage)) endedByOutage.add(attempt.state);
    }
    await sendWatched(
      'quiet',
      weighed.filter(({ acts }) => !acts),
    );
    await sendWatched('acting', acting);
    tally.agreed(acting.filter(({ attempt }) => attempt !== undefined).length);
    return acting.flatMap(({ fuzzCase }) => requestsOf(fuzzCase));
  };
}

function weigh(fuzzCase: FuzzCase, material: Material): WeighedCase {
  if (fuzzCase.kind === 'broken http') return { fuzzCase, acts: false, isUnproven: false };
  const attempt = provenAttempt(fuzzCase.request, material);
  const isUnproven = vendsImported(fuzzCase.request, material);
  return { fuzzCase, acts: mayAct(fuzzCase.request, material), isUnproven, ...(attempt && { attempt }) };
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

const requestsOf = (fuzzCase: FuzzCase): FuzzRequest[] =>
  fuzzCase.kind === 'broken http' ? [] : [fuzzCase.request];
