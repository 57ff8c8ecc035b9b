import type { RotationDeps } from '../../../../functions/core/rotation/run.ts';
import { rotationPortsOf } from '../../faults/crash-world.ts';
import type { Race, RaceWorld, Strikes } from './race-world.ts';
import type { RacedProcess } from './raced-process.ts';

/** An access token that was handed out, between the moments its caller asked and was answered. */
export interface Vended {
  readonly scopeSet: string;
  readonly askedAt: number;
  readonly answeredAt: number;
  readonly token: string;
  readonly lifeLeftMs: number;
}

/** Something was ended, as its caller was told at that moment. */
export interface Ending {
  readonly does: 'disconnect' | 'erase';
  readonly askedAt: number;
  readonly answeredAt: number;
}

export interface Played {
  readonly vended: Vended[];
  readonly endings: Ending[];
  /** Access tokens that were alive at Adobe when a caller was told that it has revoked them. */
  readonly toldRevoked: string[];
  /** What each actor was told, in the order of the plan. */
  readonly told: string[];
  /** Anything thrown that is no fault of a platform. */
  readonly errors: unknown[];
}

/** What an actor has to do its part. */
export interface Stage {
  readonly race: Race;
  readonly played: Played;
  readonly strike: Strikes;
}

export interface StagePorts {
  readonly deps: RotationDeps;
  readonly consents: RaceWorld['strong']['ports']['consents'];
  readonly process: RacedProcess;
  /** Invokes `rotate` as a function does that holds no refresh token. */
  readonly rotator: ReturnType<Race['rotatorFor']>;
}

/** Runs an actor's work in a process of its own, with the ports as that process sees them. */
export async function within<Result>(
  { race, strike }: Stage,
  name: string,
  timeoutMs: number,
  work: (ports: StagePorts) => Promise<Result>,
): Promise<Result | 'died'> {
  const process: RacedProcess = race.process(name, timeoutMs, strike);
  const { deps, strong } = race.world;
  const ports: StagePorts = {
    process,
    deps: rotationPortsOf(deps, process),
    consents: process.through('consents', strong.ports.consents),
    rotator: process.through('rotator', race.rotatorFor(strike)),
  };
  const ended = await process.end(() => work(ports));
  if (ended.end === 'threw') throw ended.fault;
  return ended.end === 'died' ? 'died' : ended.result;
}
