import { createDeadline } from '../../../functions/core/deadline.ts';
import { PlatformError } from '../../../functions/core/platform-error.ts';
import type { Rotator } from '../../../functions/core/ports/rotation.ts';
import { createRotate, type Rotate } from '../../../functions/core/rotation/rotate-connection.ts';
import type {
  OutcomesByTrigger,
  RotateOutcome,
  RotateRequest,
  RotateTrigger,
} from '../../../functions/core/rotation/rotate-request.ts';
import type { RotationDeps } from '../../../functions/core/rotation/run.ts';
import { FUNCTION_TIMEOUT_MS } from '../../../functions/core/rotation/time-budget.ts';
import { MINUTE_MS, SECOND_MS } from '../../../functions/core/time-units.ts';
import { type WatchedCall, watchPort } from '../../support/faults/fault-proxy.ts';
import type { Adobe } from './adobe.ts';
import type { AdobeLine } from './adobe-line.ts';
import type { Chance } from './chance.ts';
import { addToSecond, type Counters, count, type FleetSeconds } from './counters.ts';
import type { VirtualTime } from './virtual-time.ts';

export interface RotateFunctionOptions {
  readonly deps: Omit<RotationDeps, 'ims' | 'clock'>;
  readonly adobe: Adobe;
  readonly line: AdobeLine;
  readonly time: VirtualTime;
  readonly chance: Chance;
  readonly counts: Counters;
  /** The share of runs that die at some call. */
  readonly crashShare: number;
  readonly seconds: FleetSeconds;
}

export interface RotateFunction {
  readonly rotator: Rotator;
  /** An asynchronous invocation, as Scheduler makes it: Lambda retries a failed run twice. */
  invoke(request: RotateRequest): void;
}

/** Left for answering, as the handler leaves it. */
const RESERVE_MS = SECOND_MS;
/** About the number of calls of one rotation: any can be its last. */
const CALLS_OF_A_ROTATION = 14;
const LAMBDA_RETRIES_MS = [MINUTE_MS, 2 * MINUTE_MS];

/** The function `rotate`: the real use case, run after run, some of which die. */
export function createRotateFunction(options: RotateFunctionOptions): RotateFunction {
  const { deps, adobe, line, time, chance, counts, seconds } = options;
  const rotate = createRotate({ ...deps, clock: time, ims: line.imsFor() });

  const runOf = (): Rotate => (chance.happens(options.crashShare) ? mortal() : rotate);

  const mortal = (): Rotate => {
    let holding: { readonly grant: number; readonly successor: number } | undefined;
    const process = createCrashingProcess({
      atCall: 1 + Math.floor(chance.share() * CALLS_OF_A_ROTATION),
      afterSending: chance.happens(0.5),
      onDeath() {
        counts.lambda.crashed += 1;
        if (holding) adobe.notDelivered(holding.grant, holding.successor);
      },
    });
    const stored = () => {
      holding = undefined;
    };
    const { connections, parking } = deps;
    const through = process.through;
    const doomed = createRotate({
      ...deps,
      clock: through(time),
      ims: through(
        line.imsFor((grant, successor) => {
          holding = { grant, successor };
        }),
      ),
      accessTokens: through(deps.accessTokens),
      breakers: through(deps.breakers),
      sealer: through(deps.sealer),
      opener: through(deps.opener),
      clientSecret: through(deps.clientSecret),
      schedules: through(deps.schedules),
      events: through(deps.events),
      parking: through({
        ...parking,
        park: async (successor) => {
          const result = await parking.park(successor);
          if (result === 'parked') stored();
          return result;
        },
      }),
      connections: through({
        ...connections,
        update: async (update) => {
          const result = await connections.update(update);
          if (result === 'written' && (update.changes.refresh || update.changes.alternate)) stored();
          return result;
        },
      }),
    });
    return (request, deadline) => Promise.race([doomed(request, deadline), process.death]);
  };

  const run = async (request: RotateRequest): Promise<RotateOutcome> => {
    const startedAtMs = time.nowMs();
    counts.lambda.rotate += 1;
    addToSecond(seconds.runs, startedAtMs);
    addToSecond(seconds.runsUnderWay, startedAtMs);
    try {
      const result = await runOf()(request, createDeadline(time, FUNCTION_TIMEOUT_MS - RESERVE_MS));
      count(counts.outcomes, result.outcome === 'waiting' ? `waiting: ${result.reason}` : result.outcome);
      if (time.nowMs() - startedAtMs >= FUNCTION_TIMEOUT_MS) counts.lambda.overran += 1;
      return result;
    } finally {
      addToSecond(seconds.runsUnderWay, time.nowMs() + SECOND_MS, -1);
    }
  };

  const runAgain = async (request: RotateRequest): Promise<void> => {
    for (let retries = 0; retries <= LAMBDA_RETRIES_MS.length; retries += 1) {
      try {
        await run(request);
        return;
      } catch (fault) {
        count(counts.outcomes, `threw: ${fault instanceof PlatformError ? fault.code : 'died'}`);
        const pauseMs = LAMBDA_RETRIES_MS[retries];
        if (pauseMs !== undefined) await time.sleep(pauseMs);
      }
    }
  };

  return {
    invoke: (request) => void runAgain(request),
    rotator: {
      async rotate<Trigger extends RotateTrigger>(request: RotateRequest<Trigger>, waitMs: number) {
        const outcome = (run(request) as Promise<OutcomesByTrigger[Trigger]>).catch((cause: unknown) => {
          throw new PlatformError('ROTATOR_UNAVAILABLE', 'The function rotate failed.', { cause });
        });
        return Promise.race([outcome, time.sleep(waitMs).then(() => 'still-running' as const)]);
      },
      async start(request) {
        void runAgain(request);
      },
    },
  };
}

/** One run of a function that dies at one of its calls: nothing it awaits ever returns. */
export interface CrashingProcess {
  through<Port extends object>(port: Port): Port;
  /** Rejects when the process dies; a caller sees that its function is gone. */
  readonly death: Promise<never>;
}

export interface PlannedCrash {
  /** The call at which it dies, from 1. A shorter run survives. */
  readonly atCall: number;
  /** The call is still carried out. */
  readonly afterSending: boolean;
  readonly onDeath: () => void;
}

function createCrashingProcess({ atCall, afterSending, onDeath }: PlannedCrash): CrashingProcess {
  let calls = 0;
  let dead = false;
  let announce: (reason: Error) => void = () => undefined;
  const death = new Promise<never>((_resolve, reject) => {
    announce = reject;
  });
  death.catch(() => undefined);
  const never = () => new Promise<never>(() => undefined);

  const die = () => {
    dead = true;
    onDeath();
    announce(new Error('The process died.'));
    return never();
  };

  const answer = async ({ send }: WatchedCall): Promise<unknown> => {
    if (dead) return never();
    calls += 1;
    if (calls === atCall) {
      if (afterSending) await send();
      return die();
    }
    const answered = await send();
    return dead ? never() : answered;
  };

  return { death, through: (port) => watchPort('', port, answer) };
}
