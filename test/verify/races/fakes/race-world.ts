import type { Scheduler } from 'fast-check';
import { PlatformError } from '../../../../functions/core/platform-error.ts';
import type { Rotator } from '../../../../functions/core/ports/rotation.ts';
import type { FormerKeyOpener } from '../../../../functions/core/ports/sealing.ts';
import type {
  OutcomesByTrigger,
  RotateOutcome,
  RotateRequest,
  RotateTrigger,
} from '../../../../functions/core/rotation/rotate-request.ts';
import type { RotationDeps } from '../../../../functions/core/rotation/run.ts';
import { FUNCTION_TIMEOUT_MS } from '../../../../functions/core/rotation/time-budget.ts';
import type { ProviderMode } from '../../../../local/ims/refresh-token-rules.ts';
import { portsThrough, useCasesOf, type VaultPorts } from '../../../support/fake-vault/use-cases.ts';
import {
  createFakeKeyRing,
  createFakeSealing,
  type FakeSealing,
} from '../../../support/fakes/fake-token-sealer.ts';
import { type CrashWorld, createCrashWorld } from '../../faults/crash-world.ts';
import { recordEffects } from '../../model/replay/record-effects.ts';
import type { Revocation } from '../race-terms.ts';
import { createPostWatch, watchFamilies, watchHistory } from './race-history.ts';
import { createRacedProcess, createTurns, type RacedProcess, type RaceFault } from './raced-process.ts';

export type RaceWorld = ReturnType<typeof createRaceWorld>;

/** In a race of some dozens of turns, about every second caller is answered before it waits no longer. */
const PATIENCE_YIELDS = 6;
const RECONCILE_MS = 300_000;

/** A scope set that callers may ask for in place of everything granted. */
export const NARROWER = 'openid';

/** Takes a reconciler away by giving the code another port than the real one. */
export type Weakening = (deps: RotationDeps, world: CrashWorld) => Partial<RotationDeps>;

export interface RaceWorldOptions {
  readonly mode: ProviderMode;
  readonly revocation: Revocation;
  readonly weaken?: Weakening;
}

/** A revocation as it took effect at Adobe, and the moment of its sender's last look at the connections before. */
export interface SeenRevocation {
  lookedAt: number;
  /** When that look read which connection. Absent for a revocation after the race. */
  looks?: ReadonlyMap<string, number>;
  readonly ended: readonly string[];
}

/** How one run of `rotate` went, seen from outside. */
export interface RotateRun {
  readonly process: RacedProcess;
  readonly request: RotateRequest;
  outcome?: string;
  fault?: unknown;
  /** Absent where it died. */
  endedAt?: number;
}

/** Which of the calls of an actor's processes fail, as planned. */
export type CallFaults = (call: string) => RaceFault | undefined;

/** The world of the crash points, in which many processes run at once. */
export function createRaceWorld({ mode, revocation, weaken = () => ({}) }: RaceWorldOptions) {
  const keys = createReplacedKey();
  const world = createCrashWorld(mode, undefined, undefined, {
    settings: { revocationScope: revocation.scope, scopeSets: ['*', NARROWER] },
    provider: { revocationScope: revocation.ends },
    parts: { sealing: keys.sealing },
  });
  const effects = recordEffects(world);
  const ports: VaultPorts = { ...world.ports, ...weaken(world.deps, world) };
  let moment = 0;
  const tick = () => ++moment;
  const families = watchFamilies(world, tick);
  const revocations = watchRevocations(world, tick);
  return { ...world, ports, strong: world, tick, effects, keys, families, revocations };
}

/** What each revocation ended at Adobe. Whose look came before it is for the sender's process to say. */
function watchRevocations({ ims: { ledger } }: CrashWorld, tick: () => number): SeenRevocation[] {
  const revocations: SeenRevocation[] = [];
  const { revoke } = ledger;
  ledger.revoke = (token) => {
    const before = ledger.liveRefreshTokens();
    const answer = revoke(token);
    const after = new Set(ledger.liveRefreshTokens());
    revocations.push({ lookedAt: tick(), ended: before.filter((one) => !after.has(one)) });
    return answer;
  };
  return revocations;
}

/** Begins the race: from here on every process waits for its turn, and everything is noted. */
export function startRace(world: RaceWorld, scheduler: Scheduler) {
  const { clock, ports, strong, tick } = world;
  const turns = createTurns(scheduler, clock);
  const posts = createPostWatch(tick);
  const history = watchHistory(strong, tick);
  const rotateRuns: RotateRun[] = [];
  const processes: RacedProcess[] = [];
  const faults: unknown[] = [];
  const crossings: string[] = [];
  world.keys.replace();

  const process = (name: string, timeoutMs: number, faultAt: CallFaults): RacedProcess => {
    const number = processes.length + 1;
    const made = createRacedProcess({ name: `${number} ${name}`, clock, turns, timeoutMs, faultAt, posts });
    processes.push(made);
    return made;
  };

  const rotate = async (request: RotateRequest, faultAt: CallFaults): Promise<RotateOutcome | 'died'> => {
    const own = process(`rotate by ${request.trigger}`, FUNCTION_TIMEOUT_MS, faultAt);
    const run: RotateRun = { process: own, request };
    rotateRuns.push(run);
    const { rotate: work } = useCasesOf(portsThrough(watchingRevocations(ports), own));
    const ended = await own.end(() => work(request));
    if (ended.end === 'died') return 'died';
    run.endedAt = tick();
    if (ended.end === 'returned') {
      run.outcome = ended.result.outcome;
      return ended.result;
    }
    run.fault = ended.fault;
    if (!(ended.fault instanceof PlatformError)) faults.push(ended.fault);
    throw ended.fault;
  };

  /**
   * Notes what one run's revocations ended. A consent that its connection took after the run's last look, while the
   * revocation was on its way, is a crossing: no look before a post can exclude it.
   */
  const watchingRevocations = (effective: VaultPorts): VaultPorts => {
    const seen = new Map<string, string>();
    let looks = new Map<string, number>();
    let lookedAt = 0;
    return {
      ...effective,
      connections: {
        ...effective.connections,
        async read(connectionId) {
          const connection = await effective.connections.read(connectionId);
          lookedAt = tick();
          looks.set(connectionId, lookedAt);
          if (connection) seen.set(connectionId, connection.generation);
          return connection;
        },
      },
      subjects: {
        connectionIdsOf(subjectKey) {
          looks = new Map();
          return effective.subjects.connectionIdsOf(subjectKey);
        },
      },
      ims: {
        ...effective.ims,
        async revoke(revocation) {
          const made = world.revocations.length;
          const answer = await effective.ims.revoke(revocation);
          for (const seenNow of world.revocations.slice(made)) Object.assign(seenNow, { lookedAt, looks });
          for (const [connectionId, generation] of seen) {
            const present = strong.memory.connections.get(connectionId)?.generation;
            if (present !== undefined && present !== generation) crossings.push(present);
          }
          return answer;
        },
      },
    };
  };

  /** Invokes `rotate` as the Lambda that it is: in a process of its own, which does not end with its caller's patience. */
  const rotatorFor = (faultAt: CallFaults): Rotator => ({
    async rotate<Trigger extends RotateTrigger>(request: RotateRequest<Trigger>, waitMs: number) {
      const state = { ended: false };
      const running = (rotate(request, faultAt) as Promise<OutcomesByTrigger[Trigger] | 'died'>)
        .catch(() => 'died' as const)
        .finally(() => {
          state.ended = true;
        });
      const patience = turns
        .take('the caller of rotate waits no longer', {
          notBefore: clock.monotonicMs() + waitMs,
          yields: PATIENCE_YIELDS,
          isMoot: () => state.ended,
        })
        .then(() => 'still-running' as const);
      const outcome = await Promise.race([running, patience]);
      if (outcome === 'died') throw new PlatformError('ROTATOR_UNAVAILABLE', 'The invocation failed.');
      return outcome;
    },
    async start(request) {
      await Promise.resolve();
      void turns
        .take(`rotate by ${request.trigger} begins`)
        .then(() => rotate(request, faultAt))
        .catch(() => undefined);
    },
  });

  const reconcile = async (faultAt: CallFaults): Promise<void> => {
    const own = process('reconcile', RECONCILE_MS, faultAt);
    const seenPorts = { ...portsThrough(ports, own), dueIndex: ports.dueIndex };
    await own.end(() => useCasesOf(seenPorts).reconcile(60, RECONCILE_MS));
  };

  const seen = { world, turns, posts, history, rotateRuns, processes, faults, crossings };
  return { ...seen, process, rotate, rotatorFor, reconcile };
}

export type Race = ReturnType<typeof startRace>;

export interface ReplacedKey {
  readonly sealing: FakeSealing;
  readonly former: FormerKeyOpener;
  /** From now on the present key seals; what is stored is under the former one. */
  replace(): void;
}

/** Sealing whose key is replaced once, at the moment of the test's choice. */
function createReplacedKey(): ReplacedKey {
  const ring = createFakeKeyRing();
  const plain = createFakeSealing();
  let { sealer } = plain;
  return {
    sealing: {
      ...plain,
      opener: ring.opener,
      sealer: { prepare: (context) => sealer.prepare(context) },
    },
    former: ring.former,
    replace() {
      sealer = ring.sealer;
    },
  };
}
