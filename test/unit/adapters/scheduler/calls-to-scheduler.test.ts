import {
  ConflictException,
  CreateScheduleCommand,
  DeleteScheduleCommand,
  ResourceNotFoundException,
  SchedulerClient,
} from '@aws-sdk/client-scheduler';
import { mockClient } from 'aws-sdk-client-mock';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { createParking } from '../../../../functions/adapters/scheduler/parking.ts';
import { createRotationSchedules } from '../../../../functions/adapters/scheduler/rotation-schedules.ts';

const NOW_MS = Date.UTC(2026, 0, 15, 12);
const scheduler = mockClient(SchedulerClient);
const deps = {
  client: new SchedulerClient({ region: 'eu-west-1' }),
  group: 'vault',
  roleArn: 'arn:aws:iam::123456789012:role/schedules',
  targetArn: 'arn:aws:lambda:eu-west-1:123456789012:function:rotate:live',
  deadLetterQueueArn: 'arn:aws:sqs:eu-west-1:123456789012:dead-letters',
  clock: { nowMs: () => NOW_MS },
};
const schedule = { connectionId: 'acme.user-42', name: 'due-1', flexibleWindowMinutes: 15 };

beforeEach(() => scheduler.reset());
// Other files of this worker speak to the real class.
afterAll(() => scheduler.restore());

describe('Creating a schedule', () => {
  it('asks for one schedule that deletes itself, carries the connection alone and reports what fails for good', async () => {
    scheduler.on(CreateScheduleCommand).resolves({});
    await createRotationSchedules(deps).create({ ...schedule, atMs: NOW_MS + 7 * 86_400_000 });
    const [call] = scheduler.commandCalls(CreateScheduleCommand);
    expect(call?.args[0].input).toMatchObject({
      Name: 'due-1',
      GroupName: 'vault',
      ScheduleExpression: 'at(2026-01-22T12:00:00)',
      ActionAfterCompletion: 'DELETE',
      FlexibleTimeWindow: { Mode: 'FLEXIBLE', MaximumWindowInMinutes: 15 },
      Target: {
        Arn: deps.targetArn,
        RoleArn: deps.roleArn,
        Input: '{"connectionId":"acme.user-42"}',
        DeadLetterConfig: { Arn: deps.deadLetterQueueArn },
      },
    });
  });

  it('counts as done when a schedule of that name is there already', async () => {
    scheduler
      .on(CreateScheduleCommand)
      .rejects(new ConflictException({ $metadata: {}, Message: 'exists', message: 'exists' }));
    await expect(
      createRotationSchedules(deps).create({ ...schedule, atMs: NOW_MS }),
    ).resolves.toBeUndefined();
  });

  it('never asks for a time that is not a minute ahead', async () => {
    scheduler.on(CreateScheduleCommand).resolves({});
    await createRotationSchedules(deps).create({ ...schedule, atMs: NOW_MS - 86_400_000 });
    const [call] = scheduler.commandCalls(CreateScheduleCommand);
    expect(call?.args[0].input.ScheduleExpression).toBe('at(2026-01-15T12:01:00)');
  });
});

describe('Removing a parked successor', () => {
  it('counts as done when it is gone already', async () => {
    const gone = new ResourceNotFoundException({ $metadata: {}, Message: 'gone', message: 'gone' });
    scheduler.on(DeleteScheduleCommand).rejects(gone);
    const token = { connectionId: 'acme.user-42', generation: 'g', version: 1 };
    await expect(createParking(deps).remove(token)).resolves.toBeUndefined();
  });
});
