import { FUNCTION_TIMEOUT_MS } from '../../../functions/core/rotation/time-budget.ts';
import { FORGED_COMMIT_ID } from './crash-world.ts';
import { due, parkOne, rotating, type Scenario } from './preparations.ts';

const HOUR_MS = 3_600_000;
const GARBAGE = new Uint8Array([1, 2, 3]);
/** Two batches of the reconciler, and some that wait for its next run. */
const FITTING = 9;
const OVERDUE = 11;

const rotation = { timeoutMs: FUNCTION_TIMEOUT_MS, grant: 'holds' } as const;

export const ROTATION_SCENARIOS: readonly Scenario[] = [
  {
    ...rotation,
    name: 'rotate by schedule',
    prepare: async (world) => rotating(world, await due(world)),
  },
  {
    ...rotation,
    name: 'rotate by vend',
    prepare: async (world) => {
      const { connectionId, subject = '' } = await world.connect();
      world.clock.advance(HOUR_MS);
      const request = { trigger: 'vend', requirement: { scopeSet: '*', minTtlSeconds: 300 } } as const;
      // No caller asks again: what was left behind must be found without one.
      return rotating(world, { connectionId, subject }, request);
    },
  },
  {
    ...rotation,
    name: 'rotate, the first answer is cut off',
    losesAnswers: true,
    outage: (point) => (point === 'ims.refresh#1' ? 'reply-lost' : undefined),
    prepare: async (world) => rotating(world, await due(world)),
  },
  {
    ...rotation,
    name: 'rotate, the store takes no write after the claim',
    outage: (point) => (point.startsWith('connections.update') ? 'fail' : undefined),
    prepare: async (world) => rotating(world, await due(world)),
  },
  {
    ...rotation,
    name: 'recover by the parked schedule',
    prepare: async (world) => {
      const { parked, ...who } = await parkOne(world);
      return rotating(world, who, { trigger: 'parked', parked });
    },
  },
  {
    ...rotation,
    name: 'recover by the next claimer',
    prepare: async (world) => rotating(world, await parkOne(world)),
  },
  {
    ...rotation,
    name: 'recover, the envelope was changed',
    prepare: async (world) => {
      const { parked, ...who } = await parkOne(world);
      return rotating(world, who, { trigger: 'parked', parked: { ...parked, sealed: GARBAGE } });
    },
  },
  {
    ...rotation,
    name: 'park where a forged envelope is',
    outage: (point) => (point.startsWith('connections.update') ? 'fail' : undefined),
    prepare: async (world) => {
      const who = await due(world);
      const { generation, version, refreshExpiresAtMs = 0 } = await world.stored(who.connectionId);
      await world.parking.park({
        connectionId: who.connectionId,
        generation,
        version,
        sealed: GARBAGE,
        commitId: FORGED_COMMIT_ID,
        parkedAtMs: world.clock.nowMs(),
        refreshExpiresAtMs,
        sliding: 'yes',
      });
      return rotating(world, who);
    },
  },
  {
    ...rotation,
    name: 'reconcile',
    prepare: async (world) => ({
      ...(await due(world, HOUR_MS)),
      run: async (process) => `rescheduled ${(await world.useCases(process).reconcile()).rescheduled}`,
    }),
  },
  {
    ...rotation,
    name: 'reconciler, more is overdue than fits into an hour',
    modes: ['strict'],
    firstFaultsOnly: true,
    prepare: async (world) => {
      for (let number = 1; number < OVERDUE; number += 1) {
        await world.connect({ connectionId: `other.user-${number}`, subject: `${number}@AdobeID` });
      }
      const who = await due(world, 40 * HOUR_MS);
      world.schedules.fireDue(world.clock.nowMs());
      return {
        ...who,
        run: async (process) => {
          const { overdue, rescheduled } = await world.useCases(process).reconcile(FITTING / 60);
          return `overdue ${overdue}, rescheduled ${rescheduled}`;
        },
      };
    },
  },
  {
    ...rotation,
    name: 'recover after the user acted',
    prepare: async (world) => {
      const who = await due(world);
      const { ledger } = world.ims;
      ledger.requireUserAction(who.subject, { error: 'ride_AdobeID_acct_terms' });
      await world.runRotate({ connectionId: who.connectionId, trigger: 'schedule' });
      ledger.requireUserAction(who.subject, undefined);
      const { dueAtMs = 0 } = await world.stored(who.connectionId);
      world.clock.setNowMs(Math.max(world.clock.nowMs(), dueAtMs));
      world.schedules.fireDue(world.clock.nowMs());
      return rotating(world, who);
    },
  },
];
