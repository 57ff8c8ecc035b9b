import type { Connection } from '../../../functions/core/connection/connection.ts';
import type { RotateOutcome, RotateRequest } from '../../../functions/core/rotation/rotate-request.ts';
import type { ProviderMode } from '../../../local/ims/refresh-token-rules.ts';
import { injectFaults, onEvery, unreachable } from '../../support/faults/fault-proxy.ts';
import type { CrashWorld } from './crash-world.ts';
import type { FaultyProcess, Outage } from './faulty-process.ts';

const MINUTE_MS = 60_000;

type Who = Pick<Act, 'connectionId' | 'subject'>;

/** A connection whose due time has come and whose schedule has just fired. */
export async function due(world: CrashWorld, lateMs = 0, changes: Partial<Connection> = {}): Promise<Who> {
  const { connectionId, subject = '', dueAtMs = 0, schedule } = await world.connect(changes);
  world.clock.setNowMs(Math.max(dueAtMs, schedule?.atMs ?? 0) + lateMs);
  world.schedules.fireDue(world.clock.nowMs());
  return { connectionId, subject };
}

export function rotating(
  world: CrashWorld,
  who: Who,
  request: Omit<RotateRequest, 'connectionId'> = { trigger: 'schedule' },
): Act {
  const { connectionId } = who;
  return {
    ...who,
    run: async (process) => wordOf(await world.runRotate({ connectionId, ...request }, process)),
  };
}

/** A rotation whose commit the store never took: the successor is parked. */
export async function parkOne(world: CrashWorld) {
  const who = await due(world);
  const connections = injectFaults(world.connections, [unreachable('STORE_UNAVAILABLE', onEvery('update'))]);
  await world.rotate({ connectionId: who.connectionId }, { connections });
  const [parked] = world.parking.parked();
  if (!parked) throw new Error('Nothing was parked.');
  world.clock.advance(2 * MINUTE_MS);
  return { ...who, parked };
}

/** A connection with a live access token in addition to its refresh token. */
export async function vended(world: CrashWorld, changes: Partial<Connection> = {}): Promise<Who> {
  const { connectionId, subject = '' } = await world.connect(changes);
  world.clock.advance(MINUTE_MS);
  const requirement = { scopeSet: '*', minTtlSeconds: 300 };
  await world.runRotate({ connectionId, trigger: 'vend', requirement });
  world.clock.advance(MINUTE_MS);
  return { connectionId, subject };
}

/** One use case that a process may crash in. */
export interface Scenario {
  readonly name: string;
  readonly timeoutMs: number;
  /** Whether a grant that could be lost is there before, or `ends` by the use case, only `begins` with it, or is long over. */
  readonly grant: 'holds' | 'ends' | 'begins' | 'expired';
  /** Where the provider's mode makes no difference; absent = all. */
  readonly modes?: readonly ProviderMode[];
  /** With this many points on the way, a second fault there, or one on the wire, shows nothing new. */
  readonly firstFaultsOnly?: true;
  /** IMS consumes a token and its answer is lost, whatever else goes wrong. */
  readonly losesAnswers?: true;
  /** What goes wrong throughout, besides the planned fault. */
  readonly outage?: Outage;
  /** Brings the world to the moment before, and says how the use case then runs. */
  readonly prepare: (world: CrashWorld) => Promise<Act>;
}

export interface Act {
  readonly connectionId: string;
  readonly subject: string;
  /** Another user, whose connection is taken over: once it is, their grant has to end at IMS. */
  readonly takenFrom?: string;
  /** Runs the use case; resolves to its caller's answer. */
  readonly run: (process: FaultyProcess) => Promise<string>;
  /** The caller repeats its request when no answer arrived. */
  readonly again?: () => Promise<string>;
}

export function wordOf(outcome: RotateOutcome): string {
  return 'reason' in outcome ? `${outcome.outcome} (${outcome.reason})` : outcome.outcome;
}
