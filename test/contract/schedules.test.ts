import { DeleteScheduleGroupCommand } from '@aws-sdk/client-scheduler';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createSchedulerClient } from '../../functions/adapters/aws/clients.ts';
import { createParking } from '../../functions/adapters/scheduler/parking.ts';
import {
  createRotationSchedules,
  createScheduleGroup,
} from '../../functions/adapters/scheduler/rotation-schedules.ts';
import type { Parking, RotationSchedules, ScheduleGroup } from '../../functions/core/ports/scheduling.ts';
import type { ParkedSuccessor } from '../../functions/core/rotation/parked-successor.ts';
import { createAuthorizer } from '../../local/aws/iam/authorizer.ts';
import { createRoleSessions } from '../../local/aws/role-sessions.ts';
import { createSchedulerService } from '../../local/aws/scheduler/scheduler-service.ts';
import { exampleBytes, exampleGeneration } from '../support/fakes/example-records.ts';
import { createFakeParking, createFakeRotationSchedules } from '../support/fakes/fake-schedules.ts';
import { ACCOUNT_ID, REGION, roleOf, startStandIns } from './aws-stand-ins.ts';

interface Schedules {
  readonly schedules: RotationSchedules;
  readonly scheduleGroup: ScheduleGroup;
  readonly parking: Parking;
  /** The schedule group is deleted, with all its schedules. */
  loseGroup(): Promise<void>;
  /** Names of the schedules that are set now. */
  created(): readonly string[];
}

const IMPLEMENTATIONS = [
  { name: 'in memory', start: async () => ({ fresh: inMemory, stop: async () => undefined }) },
  { name: 'with EventBridge Scheduler', start: withScheduler },
];

function inMemory(): Schedules {
  const schedules = createFakeRotationSchedules();
  return {
    schedules,
    scheduleGroup: schedules.group,
    loseGroup: async () => schedules.loseGroup(),
    parking: createFakeParking(),
    created: () => schedules.pending().map(({ name }) => name),
  };
}

async function withScheduler(): Promise<{ fresh: () => Schedules; stop: () => Promise<void> }> {
  const targetRole = roleOf('schedule', 'scheduler.amazonaws.com');
  const directory = {
    accountId: ACCOUNT_ID,
    region: REGION,
    roles: [targetRole],
    keyPolicies: new Map(),
    sessions: createRoleSessions(),
  };
  const clock = { nowMs: () => Date.now() };
  const service = createSchedulerService({
    accountId: ACCOUNT_ID,
    region: REGION,
    ...clock,
    authorizer: createAuthorizer(directory),
    deliver: async () => undefined,
  });
  const standIns = await startStandIns({ services: [service], roles: [targetRole] });
  const client = createSchedulerClient(standIns.clientConfig);
  let groups = 0;
  const fresh = (): Schedules => {
    groups += 1;
    const group = `vault-${groups}`;
    service.createGroup(group);
    const deps = {
      client,
      group,
      roleArn: targetRole.roleArn,
      targetArn: `arn:aws:lambda:${REGION}:${ACCOUNT_ID}:function:rotate:live`,
      deadLetterQueueArn: `arn:aws:sqs:${REGION}:${ACCOUNT_ID}:dead-letters`,
      clock,
    };
    return {
      schedules: createRotationSchedules(deps),
      scheduleGroup: createScheduleGroup(deps),
      async loseGroup() {
        await client.send(new DeleteScheduleGroupCommand({ Name: group }));
      },
      parking: createParking(deps),
      created: () =>
        service
          .schedules()
          .filter(({ groupName }) => groupName === group)
          .map(({ name }) => name),
    };
  };
  return { fresh, stop: standIns.stop };
}

describe.each(IMPLEMENTATIONS)('schedules $name', ({ start }) => {
  let schedules: Schedules;
  let fresh: () => Schedules;
  let stop: () => Promise<void>;

  beforeAll(async () => {
    ({ fresh, stop } = await start());
  });
  beforeEach(() => {
    schedules = fresh();
  });
  afterAll(() => stop());

  describe('schedules', () => {
    const schedule = {
      connectionId: 'acme.user-42',
      atMs: Date.now() + 3_600_000,
      flexibleWindowMinutes: 15,
    };

    test('a schedule that is created twice is one schedule', async () => {
      await schedules.schedules.create({ ...schedule, name: 'due-a' });
      await schedules.schedules.create({ ...schedule, name: 'due-a', atMs: schedule.atMs + 60_000 });
      await schedules.schedules.create({ ...schedule, name: 'due-b', flexibleWindowMinutes: 0 });
      expect([...schedules.created()].sort()).toEqual(['due-a', 'due-b']);
    });

    test('a schedule in the past is created all the same', async () => {
      await schedules.schedules.create({ ...schedule, name: 'due-a', atMs: Date.now() - 3_600_000 });
      expect(schedules.created()).toEqual(['due-a']);
    });
  });

  describe('the group of all schedules', () => {
    const schedule = { connectionId: 'acme.user-42', atMs: Date.now() + 3_600_000, flexibleWindowMinutes: 0 };

    test('that was deleted is missed by name, and recreated', async () => {
      await schedules.schedules.create({ ...schedule, name: 'due-a' });
      await schedules.loseGroup();
      const lost = schedules.schedules.create({ ...schedule, name: 'due-b' });
      await expect(lost).rejects.toMatchObject({ name: 'PlatformError', code: 'SCHEDULE_GROUP_GONE' });
      await schedules.scheduleGroup.restore();
      await schedules.schedules.create({ ...schedule, name: 'due-b' });
      expect(schedules.created()).toEqual(['due-b']);
    });

    test('that is there is left as it is', async () => {
      await schedules.schedules.create({ ...schedule, name: 'due-a' });
      await schedules.scheduleGroup.restore();
      expect(schedules.created()).toEqual(['due-a']);
    });
  });

  describe('parking', () => {
    const successor: ParkedSuccessor = {
      connectionId: 'acme.user-42',
      generation: exampleGeneration(),
      version: 3,
      sealed: exampleBytes(9_000),
      commitId: 'commit-4',
      parkedAtMs: Date.now(),
      refreshExpiresAtMs: Date.now() + 14 * 86_400_000,
      sliding: 'unknown',
    };

    test('what is parked is found by the identity of the token it replaces', async () => {
      await schedules.parking.park(successor);
      expect(await schedules.parking.find(successor)).toStrictEqual(successor);
    });

    test.each([
      ['version', { version: 4 }],
      ['generation', { generation: exampleGeneration(1) }],
      ['connection', { connectionId: 'acme.user-43' }],
    ])('no successor is parked for another %s', async (_, changes) => {
      await schedules.parking.park(successor);
      expect(await schedules.parking.find({ ...successor, ...changes })).toBeUndefined();
    });

    test('parking the same successor again, after a lost reply, is done already', async () => {
      expect(await schedules.parking.park(successor)).toBe('parked');
      expect(await schedules.parking.park(successor)).toBe('parked');
      expect(await schedules.parking.find(successor)).toStrictEqual(successor);
    });

    test('another successor does not pass for the one that is parked', async () => {
      await schedules.parking.park(successor);
      const other = { ...successor, sealed: exampleBytes(8_000), commitId: 'commit-5' };
      expect(await schedules.parking.park(other)).toBe('occupied');
      expect(await schedules.parking.find(successor)).toMatchObject({ commitId: 'commit-4' });
    });

    test('what is removed is gone, and removing it again is done already', async () => {
      await schedules.parking.park(successor);
      await schedules.parking.remove(successor);
      await schedules.parking.remove(successor);
      expect(await schedules.parking.find(successor)).toBeUndefined();
    });
  });
});
