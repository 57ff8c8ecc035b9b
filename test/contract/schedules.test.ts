import { DeleteScheduleGroupCommand } from '@aws-sdk/client-scheduler';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { ParkedSuccessor } from '../../functions/core/domain/rotate-request.ts';
import type { AlarmClock, AlarmGroup } from '../../functions/core/ports/alarm-clock.ts';
import type { Parking } from '../../functions/core/ports/parking.ts';
import { createAlarmClock } from '../../functions/platform/scheduler/alarm-clock.ts';
import { createAlarmGroup } from '../../functions/platform/scheduler/alarm-group.ts';
import { createParking } from '../../functions/platform/scheduler/parking.ts';
import { createSchedulerClient } from '../../functions/platform/scheduler/scheduler-client.ts';
import { createAuthorizer } from '../../local/aws/iam/authorizer.ts';
import { createSchedulerService } from '../../local/aws/scheduler/scheduler-service.ts';
import { exampleBytes, exampleGeneration } from '../support/fakes/example-records.ts';
import { createFakeAlarmClock } from '../support/fakes/fake-alarm-clock.ts';
import { createFakeParking } from '../support/fakes/fake-parking.ts';
import { ACCOUNT_ID, REGION, roleOf, startStandIns } from './aws-stand-ins.ts';

interface Schedules {
  readonly alarms: AlarmClock;
  readonly alarmGroup: AlarmGroup;
  readonly parking: Parking;
  /** Somebody deletes the group of all schedules. */
  loseGroup(): Promise<void>;
  /** Names of the alarms that are set now. */
  armed(): readonly string[];
}

const IMPLEMENTATIONS = [
  { name: 'in memory', start: async () => ({ fresh: inMemory, stop: async () => undefined }) },
  { name: 'with EventBridge Scheduler', start: withScheduler },
];

function inMemory(): Schedules {
  const alarms = createFakeAlarmClock();
  return {
    alarms,
    alarmGroup: alarms.group,
    loseGroup: async () => alarms.loseGroup(),
    parking: createFakeParking(),
    armed: () => alarms.pending().map(({ name }) => name),
  };
}

async function withScheduler(): Promise<{ fresh: () => Schedules; stop: () => Promise<void> }> {
  const targetRole = roleOf('alarm', 'scheduler.amazonaws.com');
  const directory = { accountId: ACCOUNT_ID, region: REGION, roles: [targetRole], keyPolicies: new Map() };
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
      alarms: createAlarmClock(deps),
      alarmGroup: createAlarmGroup(deps),
      async loseGroup() {
        await client.send(new DeleteScheduleGroupCommand({ Name: group }));
      },
      parking: createParking(deps),
      armed: () =>
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

  describe('alarms', () => {
    const alarm = { connectionId: 'acme.user-42', atMs: Date.now() + 3_600_000, flexibleWindowMinutes: 15 };

    test('an alarm that is armed twice is one alarm', async () => {
      await schedules.alarms.arm({ ...alarm, name: 'wake-a' });
      await schedules.alarms.arm({ ...alarm, name: 'wake-a', atMs: alarm.atMs + 60_000 });
      await schedules.alarms.arm({ ...alarm, name: 'wake-b', flexibleWindowMinutes: 0 });
      expect([...schedules.armed()].sort()).toEqual(['wake-a', 'wake-b']);
    });

    test('an alarm in the past is armed all the same', async () => {
      await schedules.alarms.arm({ ...alarm, name: 'wake-a', atMs: Date.now() - 3_600_000 });
      expect(schedules.armed()).toEqual(['wake-a']);
    });
  });

  describe('the group of all alarms', () => {
    const alarm = { connectionId: 'acme.user-42', atMs: Date.now() + 3_600_000, flexibleWindowMinutes: 0 };

    test('that somebody deleted is missed by name, and made anew', async () => {
      await schedules.alarms.arm({ ...alarm, name: 'wake-a' });
      await schedules.loseGroup();
      const lost = schedules.alarms.arm({ ...alarm, name: 'wake-b' });
      await expect(lost).rejects.toMatchObject({ name: 'PlatformFault', code: 'SCHEDULE_GROUP_GONE' });
      await schedules.alarmGroup.restore();
      await schedules.alarms.arm({ ...alarm, name: 'wake-b' });
      expect(schedules.armed()).toEqual(['wake-b']);
    });

    test('that is there is left as it is', async () => {
      await schedules.alarms.arm({ ...alarm, name: 'wake-a' });
      await schedules.alarmGroup.restore();
      expect(schedules.armed()).toEqual(['wake-a']);
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
    ])('another %s has nothing parked', async (_, changes) => {
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
