import { createBeginDisconnect } from '../../../functions/core/connection/begin-disconnect.ts';
import type { Connection } from '../../../functions/core/connection/connection.ts';
import type { RotateRequest } from '../../../functions/core/rotation/rotate-request.ts';
import { injectFaults, onEvery, unreachable } from '../../support/faults/fault-proxy.ts';
import { type CrashWorld, rotationPortsOf } from './crash-world.ts';
import type { FaultyProcess } from './faulty-process.ts';
import { type Act, wordOf } from './scenario.ts';

const MINUTE_MS = 60_000;

type Who = Pick<Act, 'connectionId' | 'subject'>;

/** A connection whose due time has come and whose schedule has just fired. */
export async function due(world: CrashWorld, lateMs = 0, changes: Partial<Connection> = {}): Promise<Who> {
  const { connectionId, subject = '', dueAtMs = 0, schedule } = await world.connect(changes);
  world.clock.setNowMs(Math.max(dueAtMs, schedule?.atMs ?? 0) + lateMs);
  world.schedules.ring(world.clock.nowMs());
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

/** A connection with a live access token beside its refresh token. */
export async function vended(world: CrashWorld, changes: Partial<Connection> = {}): Promise<Who> {
  const { connectionId, subject = '' } = await world.connect(changes);
  world.clock.advance(MINUTE_MS);
  const requirement = { scopeSet: '*', minTtlSeconds: 300 };
  await world.runRotate({ connectionId, trigger: 'vend', requirement });
  world.clock.advance(MINUTE_MS);
  return { connectionId, subject };
}

export function disconnect(world: CrashWorld, process?: FaultyProcess) {
  const { ports, deps } = world;
  return createBeginDisconnect({
    ...(process ? rotationPortsOf(deps, process) : deps),
    rotator: process ? process.through('rotator', ports.rotator) : ports.rotator,
    scopeSets: deps.settings.scopeSets,
  });
}
