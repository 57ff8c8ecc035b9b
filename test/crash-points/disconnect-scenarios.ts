import { createBeginDisconnect } from '../../functions/core/application/connections/begin-disconnect.ts';
import { FUNCTION_TIMEOUT_MS } from '../../functions/core/application/rotation/ladder.ts';
import { type CrashWorld, rotationPortsOf } from './crash-world.ts';
import type { FaultyProcess } from './faulty-process.ts';
import { type Scenario, wordOf } from './scenario.ts';

const MINUTE_MS = 60_000;

/** A connection with a live access token beside its refresh token. */
async function vended(world: CrashWorld) {
  const { connectionId, subject = '' } = await world.connect();
  world.clock.advance(MINUTE_MS);
  const wanted = { scopeSet: '*', minTtlSeconds: 300 };
  await world.runRotate({ connectionId, trigger: 'vend', wanted });
  world.clock.advance(MINUTE_MS);
  return { connectionId, subject };
}

function disconnect(world: CrashWorld, process?: FaultyProcess) {
  const { ports, deps } = world;
  return createBeginDisconnect({
    ...(process ? rotationPortsOf(deps, process) : deps),
    rotator: process ? process.through('rotator', ports.rotator) : ports.rotator,
    scopeSets: deps.settings.scopeSets,
  });
}

export const DISCONNECT_SCENARIOS: readonly Scenario[] = [
  {
    name: 'disconnect',
    timeoutMs: 29_000,
    grant: 'ends',
    prepare: async (world) => {
      const who = await vended(world);
      return {
        ...who,
        run: async (process) => (await disconnect(world, process)(who.connectionId)).result,
        again: async () => (await disconnect(world)(who.connectionId)).result,
      };
    },
  },
  {
    name: 'revoke',
    timeoutMs: FUNCTION_TIMEOUT_MS,
    grant: 'ends',
    prepare: async (world) => {
      const who = await vended(world);
      const { connectionId } = who;
      await disconnect(world)(connectionId);
      world.started.splice(0);
      return {
        ...who,
        run: async (process) =>
          wordOf(await world.runRotate({ connectionId, trigger: 'disconnect' }, process)),
      };
    },
  },
  {
    name: 'rotate, a disconnect comes before the answer',
    timeoutMs: FUNCTION_TIMEOUT_MS,
    grant: 'ends',
    prepare: async (world) => {
      const who = await vended(world);
      const { connectionId } = who;
      world.clock.setNowMs((await world.stored(connectionId)).wakeAtMs ?? 0);
      world.alarms.ring(world.clock.nowMs());
      world.ims.script({ after: async () => void (await disconnect(world)(connectionId)) });
      return {
        ...who,
        run: async (process) => wordOf(await world.runRotate({ connectionId, trigger: 'alarm' }, process)),
      };
    },
  },
];
