import { FUNCTION_TIMEOUT_MS } from '../../functions/core/application/rotation/ladder.ts';
import type { RotateRequest } from '../../functions/core/domain/rotate-request.ts';
import { injectFaults, onEvery } from '../support/faults/inject-faults.ts';
import { unreachable } from '../support/faults/platform-faults.ts';
import type { CrashWorld } from './crash-world.ts';
import { type Act, type Scenario, wordOf } from './scenario.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

/** A connection whose wake has come and whose alarm has just rung. */
async function due(world: CrashWorld, lateMs = 0): Promise<Pick<Act, 'connectionId' | 'subject'>> {
  const { connectionId, subject = '', wakeAtMs = 0, alarm } = await world.connect();
  world.clock.setNowMs(Math.max(wakeAtMs, alarm?.atMs ?? 0) + lateMs);
  world.alarms.ring(world.clock.nowMs());
  return { connectionId, subject };
}

function rotating(
  world: CrashWorld,
  who: Pick<Act, 'connectionId' | 'subject'>,
  request: Omit<RotateRequest, 'connectionId'> = { trigger: 'alarm' },
): Act {
  const { connectionId } = who;
  return {
    ...who,
    run: async (process) => wordOf(await world.runRotate({ connectionId, ...request }, process)),
  };
}

/** A rotation whose commit the store never took: the successor is parked. */
async function parkOne(world: CrashWorld) {
  const who = await due(world);
  const connections = injectFaults(world.connections, [unreachable('STORE_UNAVAILABLE', onEvery('amend'))]);
  await world.rotate({ connectionId: who.connectionId }, { connections });
  const [parked] = world.parking.parked();
  if (!parked) throw new Error('Nothing was parked.');
  world.clock.advance(2 * MINUTE_MS);
  return { ...who, parked };
}

const rotation = { timeoutMs: FUNCTION_TIMEOUT_MS, grant: 'holds' } as const;

export const ROTATION_SCENARIOS: readonly Scenario[] = [
  {
    ...rotation,
    name: 'rotate by alarm',
    prepare: async (world) => rotating(world, await due(world)),
  },
  {
    ...rotation,
    name: 'rotate by vend',
    prepare: async (world) => {
      const { connectionId, subject = '' } = await world.connect();
      world.clock.advance(HOUR_MS);
      const request = { trigger: 'vend', wanted: { scopeSet: '*', minTtlSeconds: 300 } } as const;
      // Nobody asks again: what was left behind must be found without a caller.
      return rotating(world, { connectionId, subject }, request);
    },
  },
  {
    ...rotation,
    name: 'rotate, the first answer is cut off',
    losesAnswers: true,
    weather: (point) => (point === 'ims.refresh#1' ? 'reply-lost' : undefined),
    prepare: async (world) => rotating(world, await due(world)),
  },
  {
    ...rotation,
    name: 'rotate, the store takes no write after the claim',
    weather: (point) => (point.startsWith('connections.amend') ? 'fail' : undefined),
    prepare: async (world) => rotating(world, await due(world)),
  },
  {
    ...rotation,
    name: 'adopt by the parked schedule',
    prepare: async (world) => {
      const { parked, ...who } = await parkOne(world);
      return rotating(world, who, { trigger: 'parked', parked });
    },
  },
  {
    ...rotation,
    name: 'adopt by the next claimer',
    prepare: async (world) => rotating(world, await parkOne(world)),
  },
  {
    ...rotation,
    name: 'guard',
    prepare: async (world) => ({
      ...(await due(world, HOUR_MS)),
      run: async (process) => `rearmed ${(await world.runGuard(process)).rearmed}`,
    }),
  },
  {
    ...rotation,
    name: 'recover after the user acted',
    prepare: async (world) => {
      const who = await due(world);
      const { ledger } = world.ims;
      ledger.requireUserAction(who.subject, { error: 'ride_AdobeID_acct_terms' });
      await world.runRotate({ connectionId: who.connectionId, trigger: 'alarm' });
      ledger.requireUserAction(who.subject, undefined);
      const { wakeAtMs = 0 } = await world.stored(who.connectionId);
      world.clock.setNowMs(Math.max(world.clock.nowMs(), wakeAtMs));
      world.alarms.ring(world.clock.nowMs());
      return rotating(world, who);
    },
  },
];
