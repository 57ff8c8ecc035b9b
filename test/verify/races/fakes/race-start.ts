import { subjectKeyOf } from '../../../../functions/core/connection/connection-id.ts';
import { exampleGeneration } from '../../../support/fakes/example-records.ts';
import { injectFaults, onEvery, unreachable } from '../../../support/faults/fault-proxy.ts';
import type { RacePlan, Start } from './race-plan.ts';
import { NARROWER, type RaceWorld } from './race-world.ts';

export const CONNECTION_ID = 'acme.user-42';
export const NEIGHBOUR_ID = 'acme.user-42-again';
export const SUBJECTS = { owner: '0123456789ABCDEF01234567@AdobeID', other: 'ANOTHER@AdobeID' } as const;

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
/** Its generation is another one than that of the connection made at the same moment. */
const NEIGHBOUR_SALT = 9;

/** Brings the connection to where the race begins. Nothing fails yet, but for what the situation consists of. */
export async function prepareStart(
  world: RaceWorld,
  { start, neighbour }: Pick<RacePlan, 'start' | 'neighbour'>,
): Promise<void> {
  const subject = SUBJECTS.owner;
  const owner = { subject, subjectKey: subjectKeyOf(world.deps.settings.clientId, subject) };
  if (neighbour) {
    const generation = exampleGeneration(world.clock.nowMs(), NEIGHBOUR_SALT);
    await world.strong.connect({ connectionId: NEIGHBOUR_ID, generation, ...owner });
  }
  if (start === 'nothing') return;
  await world.strong.connect({ connectionId: CONNECTION_ID, ...owner });
  await SITUATIONS[start](world);
}

const SITUATIONS: Readonly<Record<Exclude<Start, 'nothing'>, (world: RaceWorld) => Promise<void>>> = {
  young: async ({ clock }) => clock.advance(HOUR_MS),
  due: becomeDue,
  expired: async (world) => {
    await vendOnce(world);
    world.clock.advance(25 * HOUR_MS);
  },
  cached: async (world) => {
    await vendOnce(world);
    await vendOnce(world, NARROWER);
  },
  parked: async (world) => {
    await parkOne(world);
    world.clock.advance(2 * MINUTE_MS);
  },
  'parked under a lease': parkOne,
  'holder died': async (world) => {
    await becomeDue(world);
    const { runId, untilMs } = { runId: 'of-one-who-died', untilMs: world.clock.nowMs() + MINUTE_MS };
    const token = await world.strong.stored(CONNECTION_ID);
    await world.strong.connections.claim({
      expected: token,
      lease: { runId, untilMs },
      states: ['active'],
      nowMs: world.clock.nowMs(),
      leaseMarginMs: 0,
    });
    world.clock.advance(2 * MINUTE_MS);
  },
  'user must act': async (world) => {
    await becomeDue(world);
    const { ledger } = world.ims;
    ledger.requireUserAction(SUBJECTS.owner, { error: 'ride_AdobeID_acct_terms' });
    await world.strong.rotate({ connectionId: CONNECTION_ID });
    ledger.requireUserAction(SUBJECTS.owner, undefined);
    world.clock.advance(10 * MINUTE_MS);
  },
  disconnecting: async (world) => {
    await vendOnce(world);
    await world.strong.useCases().disconnect(CONNECTION_ID);
    world.strong.started.splice(0);
  },
};

async function becomeDue(world: RaceWorld): Promise<void> {
  const { dueAtMs = 0, schedule } = await world.strong.stored(CONNECTION_ID);
  world.clock.advance(Math.max(dueAtMs, schedule?.atMs ?? 0) - world.clock.nowMs());
  world.schedules.fireDue(world.clock.nowMs());
}

async function vendOnce(world: RaceWorld, scopeSet = '*'): Promise<void> {
  world.clock.advance(MINUTE_MS);
  const requirement = { scopeSet, minTtlSeconds: 300 };
  await world.strong.rotate({ connectionId: CONNECTION_ID, trigger: 'vend', requirement });
  world.clock.advance(MINUTE_MS);
}

/** A rotation whose commit the store never took: the successor is parked. */
async function parkOne(world: RaceWorld): Promise<void> {
  await becomeDue(world);
  const fault = unreachable('STORE_UNAVAILABLE', onEvery('update'));
  const connections = injectFaults(world.strong.connections, [fault]);
  await world.strong.rotate({ connectionId: CONNECTION_ID }, { connections });
}
