import { describe, expect, it } from 'vitest';
import { createSchedulerClient } from '../../../functions/adapters/aws/clients.ts';
import { createGroupInspector } from '../../../functions/adapters/aws/inspection.ts';
import { createParking } from '../../../functions/adapters/scheduler/parking.ts';
import {
  createRotationSchedules,
  createScheduleGroup,
} from '../../../functions/adapters/scheduler/rotation-schedules.ts';
import { parkingName } from '../../../functions/core/connection/due.ts';
import type { ParkedSuccessor } from '../../../functions/core/rotation/parked-successor.ts';
import { type AwsReply, startAwsServer } from './aws-test-server.ts';

const NOW_MS = Date.UTC(2026, 10, 22, 12, 0, 0);
const place = {
  group: 'vault-1',
  roleArn: 'arn:aws:iam::111122223333:role/schedules',
  targetArn: 'arn:aws:lambda:eu-west-1:111122223333:function:rotate:live',
  deadLetterQueueArn: 'arn:aws:sqs:eu-west-1:111122223333:dead-letters',
};

async function withScheduler(...replies: AwsReply[]) {
  const server = await startAwsServer(...replies);
  const client = createSchedulerClient({ ...server.config });
  const deps = { ...place, client, clock: { nowMs: () => NOW_MS } };
  return {
    ...server,
    schedules: createRotationSchedules(deps),
    parking: createParking(deps),
    group: createScheduleGroup({ client, group: place.group }),
  };
}

const schedule = {
  connectionId: 'acme.user-42',
  name: 'due-abc',
  atMs: NOW_MS + 7 * 86_400_000 + 1,
  flexibleWindowMinutes: 15,
};

describe('a schedule', () => {
  it('is a one-time schedule that deletes itself and carries the id alone', async () => {
    await using scheduler = await withScheduler({ body: { ScheduleArn: 'arn' } });
    await scheduler.schedules.create(schedule);
    const { ClientToken: _, ...body } = scheduler.requests[0]?.body ?? {};
    expect(scheduler.requests[0]?.operation).toBe('POST /schedules/due-abc');
    expect(body).toEqual({
      GroupName: 'vault-1',
      ScheduleExpression: 'at(2026-11-29T12:01:00)',
      ActionAfterCompletion: 'DELETE',
      FlexibleTimeWindow: { Mode: 'FLEXIBLE', MaximumWindowInMinutes: 15 },
      Target: {
        Arn: place.targetArn,
        RoleArn: place.roleArn,
        Input: '{"connectionId":"acme.user-42"}',
        RetryPolicy: { MaximumRetryAttempts: 30, MaximumEventAgeInSeconds: 21_600 },
        DeadLetterConfig: { Arn: place.deadLetterQueueArn },
      },
    });
  });

  it.each([1, 5_001, 59_999, 60_000])(
    'fires at a whole minute, never before its due time: %i ms past one',
    async (pastMs) => {
      await using scheduler = await withScheduler({ body: {} });
      await scheduler.schedules.create({ ...schedule, atMs: NOW_MS + 600_000 + pastMs });
      expect(scheduler.requests[0]?.body.ScheduleExpression).toBe('at(2026-11-22T12:11:00)');
    },
  );

  it.each([NOW_MS - 86_400_000, NOW_MS, NOW_MS + 59_999])(
    'is never set before the next minute: %i',
    async (atMs) => {
      await using scheduler = await withScheduler({ body: {} });
      await scheduler.schedules.create({ ...schedule, atMs });
      expect(scheduler.requests[0]?.body.ScheduleExpression).toBe('at(2026-11-22T12:01:00)');
    },
  );

  it.each([
    [0, { Mode: 'OFF' }],
    [0.5, { Mode: 'OFF' }],
    [1, { Mode: 'FLEXIBLE', MaximumWindowInMinutes: 1 }],
    [5_000, { Mode: 'FLEXIBLE', MaximumWindowInMinutes: 1_440 }],
  ])('of a window of %s minutes', async (flexibleWindowMinutes, window) => {
    await using scheduler = await withScheduler({ body: {} });
    await scheduler.schedules.create({ ...schedule, flexibleWindowMinutes });
    expect(scheduler.requests[0]?.body.FlexibleTimeWindow).toEqual(window);
  });

  it('that is there already is done', async () => {
    await using scheduler = await withScheduler({ error: 'ConflictException', status: 409 });
    await expect(scheduler.schedules.create(schedule)).resolves.toBeUndefined();
  });

  it.each([
    ['AccessDeniedException', 403, 'ACCESS_DENIED'],
    ['ValidationException', 400, 'SCHEDULER_UNAVAILABLE'],
    ['ServiceQuotaExceededException', 402, 'SCHEDULER_UNAVAILABLE'],
    ['ResourceNotFoundException', 404, 'SCHEDULE_GROUP_GONE'],
    ['InternalServerException', 500, 'SCHEDULER_UNAVAILABLE'],
  ])('refused with %s is an error', async (error, status, code) => {
    await using scheduler = await withScheduler({ error, status });
    await expect(scheduler.schedules.create(schedule)).rejects.toMatchObject({
      name: 'PlatformError',
      code,
      reason: error,
    });
  });
});

const successor: ParkedSuccessor = {
  connectionId: 'acme.user-42',
  generation: 'G1',
  version: 3,
  sealed: new Uint8Array([0, 1, 254, 255]),
  commitId: 'commit-1',
  parkedAtMs: NOW_MS,
  refreshExpiresAtMs: NOW_MS + 14 * 86_400_000,
  sliding: 'unknown',
  subjectKey: 'subject-1',
};

const UNREADABLE = { connectionId: 'acme.user-42', generation: 'G1', version: 3, sealed: new Uint8Array() };

/** The schedule as GetSchedule shows it once it has been parked. */
async function storedSchedule(parked: ParkedSuccessor): Promise<AwsReply> {
  await using scheduler = await withScheduler({ body: {} });
  await scheduler.parking.park(parked);
  return { body: scheduler.requests[0]?.body };
}

describe('the group of all schedules', () => {
  const conflict: AwsReply = { error: 'ConflictException', status: 409 };

  it('that exists is left as it is', async () => {
    await using scheduler = await withScheduler(conflict, { body: { State: 'ACTIVE' } });
    await scheduler.group.restore();
    const operations = scheduler.requests.map(({ operation }) => operation);
    expect(operations).toEqual(['POST /schedule-groups/vault-1', 'GET /schedule-groups/vault-1']);
  });

  it.each<[string, AwsReply]>([
    ['that is being deleted', { body: { State: 'DELETING' } }],
    ['whose deletion has just ended', { error: 'ResourceNotFoundException', status: 404 }],
  ])('%s does not exist: the next run creates it', async (_, looked) => {
    await using scheduler = await withScheduler(conflict, looked);
    await expect(scheduler.group.restore()).rejects.toMatchObject({
      code: 'SCHEDULER_UNAVAILABLE',
      reason: 'ScheduleGroupDeleting',
    });
  });
});

describe('the group that doctor looks at', () => {
  it.each<[string, AwsReply[], unknown]>([
    ['is absent while AWS still deletes it', [{ body: { State: 'DELETING' } }], undefined],
    ['is absent once it is gone', [{ error: 'ResourceNotFoundException', status: 404 }], undefined],
    ['exists without a schedule', [{ body: { State: 'ACTIVE' } }, { body: { Schedules: [] } }], []],
  ])('%s', async (_, replies, expected) => {
    await using server = await startAwsServer(...replies);
    expect(await createGroupInspector(server.config)('vault-1')).toEqual(expected);
  });
});

describe('a parked successor', () => {
  it('waits in a schedule that fires every minute until its expire', async () => {
    await using scheduler = await withScheduler({ body: {} });
    await scheduler.parking.park(successor);
    expect(scheduler.requests[0]).toMatchObject({
      operation: `POST /schedules/${parkingName(successor)}`,
      body: {
        GroupName: 'vault-1',
        ScheduleExpression: 'rate(1 minute)',
        EndDate: successor.refreshExpiresAtMs / 1_000,
        FlexibleTimeWindow: { Mode: 'OFF' },
        Target: { Arn: place.targetArn, RoleArn: place.roleArn },
      },
    });
  });

  it('is found by the token it replaces, as it was parked', async () => {
    const { subjectKey: _, ...withoutSubject } = successor;
    for (const parked of [successor, withoutSubject]) {
      await using scheduler = await withScheduler(await storedSchedule(parked));
      expect(await scheduler.parking.find(successor)).toEqual(parked);
      expect(scheduler.requests[0]?.operation).toBe(
        `GET /schedules/${parkingName(successor)}?groupName=vault-1`,
      );
    }
  });

  it('that is not there is not found, and removing it is done', async () => {
    await using scheduler = await withScheduler({ error: 'ResourceNotFoundException', status: 404 });
    expect(await scheduler.parking.find(successor)).toBeUndefined();
    await expect(scheduler.parking.remove(successor)).resolves.toBeUndefined();
  });

  it('is removed by the token it replaces', async () => {
    await using scheduler = await withScheduler({ body: {} });
    await scheduler.parking.remove(successor);
    expect(scheduler.requests[0]?.operation).toContain(`DELETE /schedules/${parkingName(successor)}?`);
    expect(scheduler.requests[0]?.operation).toContain('groupName=vault-1');
  });

  it('parked a second time after a lost answer is done', async () => {
    const stored = await storedSchedule(successor);
    await using scheduler = await withScheduler({ error: 'ConflictException', status: 409 }, stored);
    expect(await scheduler.parking.park(successor)).toBe('parked');
  });

  it('does not pass for another one in the same place', async () => {
    const stored = await storedSchedule({ ...successor, sealed: new Uint8Array([7]) });
    await using scheduler = await withScheduler({ error: 'ConflictException', status: 409 }, stored);
    expect(await scheduler.parking.park(successor)).toBe('occupied');
  });

  it.each(['', 'not json', '{}', '{"connectionId":"acme.user-42","parked":{"sealed":"?"}}'])(
    'with the input %j is not called absent: it is found as one that opens under no key',
    async (Input) => {
      await using scheduler = await withScheduler({ body: { Target: { Arn: 'a', RoleArn: 'r', Input } } });
      expect(await scheduler.parking.find(successor)).toMatchObject(UNREADABLE);
    },
  );

  it('of another token in the same place is not recovered', async () => {
    const stored = await storedSchedule({ ...successor, version: 4 });
    await using scheduler = await withScheduler(stored);
    expect(await scheduler.parking.find(successor)).toMatchObject(UNREADABLE);
  });

  it('whose expire has passed still gets an hour of tries', async () => {
    await using scheduler = await withScheduler({ body: {} });
    await scheduler.parking.park({ ...successor, refreshExpiresAtMs: NOW_MS - 1 });
    expect(scheduler.requests[0]?.body.EndDate).toBe(NOW_MS / 1_000 + 3_600);
  });

  it('of the largest answer that is read fits, and a larger one is refused before it is sent', async () => {
    await using scheduler = await withScheduler({ body: {} });
    await scheduler.parking.park({ ...successor, sealed: new Uint8Array(66_000) });
    const tooLarge = { ...successor, sealed: new Uint8Array(200_000) };
    await expect(scheduler.parking.park(tooLarge)).rejects.toMatchObject({ reason: 'InputTooLarge' });
    expect(scheduler.requests).toHaveLength(1);
  });

  it('is not called absent when Scheduler cannot answer', async () => {
    await using scheduler = await withScheduler({ error: 'InternalServerException', status: 500 });
    await expect(scheduler.parking.find(successor)).rejects.toMatchObject({ code: 'SCHEDULER_UNAVAILABLE' });
  });
});
