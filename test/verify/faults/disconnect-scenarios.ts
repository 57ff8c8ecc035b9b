import { PlatformError } from '../../../functions/core/platform-error.ts';
import { FUNCTION_TIMEOUT_MS } from '../../../functions/core/rotation/time-budget.ts';
import type { CrashWorld } from './crash-world.ts';
import { type Act, rotating, type Scenario, vended, wordOf } from './preparations.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const TOMBSTONE_MS = 7 * 24 * HOUR_MS;

/** What the caller sees: the HTTP boundary answers a platform error with a 503. */
async function answered(disconnecting: Promise<string>): Promise<string> {
  try {
    const outcome = await disconnecting;
    return outcome === 'contended' ? 'unavailable' : outcome;
  } catch (error) {
    if (!(error instanceof PlatformError)) throw error;
    return 'unavailable';
  }
}

async function revoking(world: CrashWorld): Promise<Act> {
  const who = await vended(world);
  await world.useCases().disconnect(who.connectionId);
  world.started.splice(0);
  return rotating(world, who, { trigger: 'disconnect' });
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
        run: (process) => answered(world.useCases(process).disconnect(who.connectionId)),
        again: () => answered(world.useCases().disconnect(who.connectionId)),
      };
    },
  },
  {
    name: 'revoke',
    timeoutMs: FUNCTION_TIMEOUT_MS,
    grant: 'ends',
    prepare: revoking,
  },
  {
    name: 'revoke, IMS asks to come back later',
    timeoutMs: FUNCTION_TIMEOUT_MS,
    grant: 'ends',
    prepare: async (world) => {
      world.ims.scriptRevoke({ kind: 'retry', retryAfterMs: MINUTE_MS }, { kind: 'retry' });
      return revoking(world);
    },
  },
  {
    name: 'revoke, IMS refuses our credential',
    timeoutMs: FUNCTION_TIMEOUT_MS,
    grant: 'ends',
    prepare: async (world) => {
      world.ims.scriptRevoke({ kind: 'misconfigured', error: 'invalid_client' });
      return revoking(world);
    },
  },
  {
    name: 'drop the tombstone',
    timeoutMs: FUNCTION_TIMEOUT_MS,
    grant: 'ends',
    prepare: async (world) => {
      const { run: _, ...who } = await revoking(world);
      await world.runRotate({ connectionId: who.connectionId, trigger: 'disconnect' });
      world.clock.advance(TOMBSTONE_MS + HOUR_MS);
      world.schedules.fireDue(world.clock.nowMs());
      return rotating(world, who);
    },
  },
  {
    name: 'rotate, a disconnect comes before the answer',
    timeoutMs: FUNCTION_TIMEOUT_MS,
    grant: 'ends',
    prepare: async (world) => {
      const who = await vended(world);
      const { connectionId } = who;
      world.clock.setNowMs((await world.stored(connectionId)).dueAtMs ?? 0);
      world.schedules.fireDue(world.clock.nowMs());
      world.ims.script({ after: async () => void (await world.useCases().disconnect(connectionId)) });
      return {
        ...who,
        run: async (process) => wordOf(await world.runRotate({ connectionId, trigger: 'schedule' }, process)),
      };
    },
  },
];
