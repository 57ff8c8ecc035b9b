import {
  CreateScheduleCommand,
  CreateScheduleGroupCommand,
  type CreateScheduleInput,
  DeleteScheduleCommand,
  DeleteScheduleGroupCommand,
  GetScheduleCommand,
  ListSchedulesCommand,
  SchedulerClient,
  UpdateScheduleCommand,
} from '@aws-sdk/client-scheduler';
import { describe, expect, it } from 'vitest';
import { createDeadLetterQueue, type DeadLetterQueue } from '../../../local/aws/dead-letter-queue.ts';
import { type Authorizer, createAuthorizer } from '../../../local/aws/iam/authorizer.ts';
import type { ScheduleDelivery } from '../../../local/aws/scheduler/schedule-delivery.ts';
import {
  createSchedulerService,
  type SchedulerService,
} from '../../../local/aws/scheduler/scheduler-service.ts';
import {
  accountId,
  allowAll,
  clientConfig,
  directoryOf,
  errorNameOf,
  region,
  roleNamed,
  START_AT_MS,
  withEndpoint,
} from './local-account.ts';

const targetArn = `arn:aws:lambda:${region}:${accountId}:function:rotate:live`;
const queueArn = `arn:aws:sqs:${region}:${accountId}:dead-letters`;
const admin = roleNamed('admin', [allowAll]);
const schedule = roleNamed(
  'schedule',
  [
    { Effect: 'Allow', Action: 'lambda:InvokeFunction', Resource: targetArn },
    { Effect: 'Allow', Action: 'sqs:SendMessage', Resource: queueArn },
  ],
  'scheduler.amazonaws.com',
);
const arming = roleNamed('arming', [
  {
    Effect: 'Allow',
    Action: 'scheduler:CreateSchedule',
    Resource: `arn:aws:scheduler:${region}:${accountId}:schedule/vault/*`,
  },
  {
    Effect: 'Allow',
    Action: 'iam:PassRole',
    Resource: schedule.roleArn,
    Condition: { StringEquals: { 'iam:PassedToService': 'scheduler.amazonaws.com' } },
  },
]);

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

interface World {
  client: SchedulerClient;
  creatingClient: SchedulerClient;
  service: SchedulerService;
  authorizer: Authorizer;
  queue: DeadLetterQueue;
  deliveries: ScheduleDelivery[];
  /** The next deliveries fail with these names. */
  failures: string[];
  now(): number;
  /** Goes from one due moment to the next until then. */
  passUntil(untilMs: number): Promise<void>;
}

async function run(test: (world: World) => Promise<void>): Promise<void> {
  let clockMs = START_AT_MS;
  const nowMs = () => clockMs;
  const directory = directoryOf(admin, schedule, arming);
  const authorizer = createAuthorizer(directory);
  const queue = createDeadLetterQueue({ queueArn });
  const deliveries: ScheduleDelivery[] = [];
  const failures: string[] = [];
  const service = createSchedulerService({
    accountId,
    region,
    nowMs,
    authorizer,
    deadLetterQueue: (arn) => (arn === queueArn ? queue : undefined),
    async deliver(delivery) {
      deliveries.push(delivery);
      const name = failures.shift();
      if (name !== undefined) throw Object.assign(new Error('not now'), { name });
    },
  });
  await withEndpoint({ directory, services: [service], authorizer, nowMs }, async (url) => {
    const client = new SchedulerClient(clientConfig(url, admin));
    const passUntil = async (untilMs: number) => {
      for (let dueAtMs = service.nextDueAtMs(); dueAtMs !== undefined && dueAtMs <= untilMs; ) {
        clockMs = Math.max(clockMs, dueAtMs);
        await service.fireDue(clockMs);
        dueAtMs = service.nextDueAtMs();
      }
      clockMs = untilMs;
      client.config.systemClockOffset = clockMs - Date.now();
    };
    const creatingClient = new SchedulerClient(clientConfig(url, arming));
    await test({
      client,
      creatingClient,
      service,
      authorizer,
      queue,
      deliveries,
      failures,
      now: nowMs,
      passUntil,
    });
  });
}

function at(atMs: number) {
  return `at(${new Date(atMs).toISOString().slice(0, 19)})`;
}

function scheduleInput(change: Partial<CreateScheduleInput> = {}): CreateScheduleInput {
  return {
    Name: 'due-1',
    ScheduleExpression: at(START_AT_MS + HOUR_MS),
    FlexibleTimeWindow: { Mode: 'OFF' },
    ActionAfterCompletion: 'DELETE',
    Target: { Arn: targetArn, RoleArn: schedule.roleArn, Input: '{"connectionId":"acme.user-42"}' },
    ...change,
  };
}

function create(change?: Partial<CreateScheduleInput>) {
  return new CreateScheduleCommand(scheduleInput(change));
}

function retrying(policy: object) {
  return {
    Arn: targetArn,
    RoleArn: schedule.roleArn,
    RetryPolicy: policy,
    DeadLetterConfig: { Arn: queueArn },
  };
}

describe('the Scheduler stand-in keeps schedules', () => {
  it('and gives back what was created', () =>
    run(async ({ client }) => {
      const created = await client.send(create({ StartDate: new Date(START_AT_MS), Description: 'due' }));
      const got = await client.send(new GetScheduleCommand({ Name: 'due-1' }));
      expect(created.ScheduleArn).toBe(`arn:aws:scheduler:${region}:${accountId}:schedule/default/due-1`);
      expect(got).toMatchObject({
        ...scheduleInput(),
        Arn: created.ScheduleArn,
        GroupName: 'default',
        Description: 'due',
        State: 'ENABLED',
        StartDate: new Date(START_AT_MS),
        CreationDate: new Date(START_AT_MS),
      });
    }));

  it('and refuses a second one of the same name', () =>
    run(async ({ client }) => {
      await client.send(create());
      expect(await errorNameOf(client.send(create()))).toBe('ConflictException');
    }));

  it('and takes the same request twice when its answer got lost', () =>
    run(async ({ client, service }) => {
      await client.send(create({ ClientToken: 'same' }));
      await client.send(create({ ClientToken: 'same' }));
      expect(service.schedules()).toHaveLength(1);
    }));

  it('and knows what is missing', () =>
    run(async ({ client }) => {
      const calls = [
        client.send(new GetScheduleCommand({ Name: 'none' })),
        client.send(new DeleteScheduleCommand({ Name: 'none' })),
        client.send(new UpdateScheduleCommand(scheduleInput({ Name: 'none' }))),
        client.send(create({ GroupName: 'none' })),
      ];
      for (const call of calls) expect(await errorNameOf(call)).toBe('ResourceNotFoundException');
    }));

  it('and replaces one on update', () =>
    run(async ({ client, service }) => {
      await client.send(create());
      await client.send(
        new UpdateScheduleCommand(scheduleInput({ ScheduleExpression: at(START_AT_MS + 2 * HOUR_MS) })),
      );
      expect(service.nextDueAtMs()).toBe(Date.parse('2031-03-04T07:06:07Z'));
    }));

  it('in groups that go with everything in them', () =>
    run(async ({ client, service }) => {
      await client.send(new CreateScheduleGroupCommand({ Name: 'vault' }));
      await client.send(create({ GroupName: 'vault' }));
      await client.send(create());
      await client.send(new DeleteScheduleGroupCommand({ Name: 'vault' }));
      expect(service.schedules().map((s) => s.groupName)).toEqual(['default']);
    }));

  it('and reports each that is created, updated and deleted, at once and in that order', () =>
    run(async ({ client, service, passUntil }) => {
      const seen: string[] = [];
      service.watchSchedules(({ before, after }) =>
        seen.push(`${before?.Description ?? '-'} > ${after?.Description ?? '-'}`),
      );
      await client.send(create({ Description: 'one', ClientToken: 'same' }));
      await client.send(create({ Description: 'one', ClientToken: 'same' }));
      await client.send(new UpdateScheduleCommand(scheduleInput({ Description: 'two' })));
      await client.send(new DeleteScheduleCommand({ Name: 'due-1' }));
      await client.send(new CreateScheduleGroupCommand({ Name: 'vault' }));
      await client.send(create({ GroupName: 'vault', Description: 'three' }));
      await client.send(new DeleteScheduleGroupCommand({ Name: 'vault' }));
      await client.send(create({ Description: 'fires' }));
      await passUntil(START_AT_MS + HOUR_MS);
      expect(seen).toEqual([
        '- > one',
        'one > two',
        'two > -',
        '- > three',
        'three > -',
        '- > fires',
        'fires > -',
      ]);
    }));

  it('and lists them in pages, by prefix', () =>
    run(async ({ client }) => {
      for (const Name of ['a-1', 'a-2', 'a-3', 'b-1']) await client.send(create({ Name }));
      const list = (NextToken?: string) =>
        client.send(new ListSchedulesCommand({ NamePrefix: 'a-', MaxResults: 2, NextToken }));
      const first = await list();
      const second = await list(first.NextToken);
      expect(first.Schedules?.map((s) => s.Name)).toEqual(['a-1', 'a-2']);
      expect(second.Schedules?.map((s) => s.Name)).toEqual(['a-3']);
      expect(second.NextToken).toBeUndefined();
    }));

  it('and refuses what AWS refuses', () =>
    run(async ({ client }) => {
      const target = { Arn: targetArn, RoleArn: schedule.roleArn };
      const wrong: Partial<CreateScheduleInput>[] = [
        { ScheduleExpression: 'at(tomorrow)' },
        { Name: 'a name with spaces' },
        { FlexibleTimeWindow: { Mode: 'FLEXIBLE' } },
        { FlexibleTimeWindow: { Mode: 'FLEXIBLE', MaximumWindowInMinutes: 1441 } },
        { Target: { ...target, Input: 'x'.repeat(262_145) } },
        { Target: { ...target, RetryPolicy: { MaximumRetryAttempts: 186 } } },
        { Target: { ...target, RoleArn: admin.roleArn } },
        { ScheduleExpression: 'rate(1 hour)', StartDate: new Date(START_AT_MS - 6 * MINUTE_MS) },
        { ScheduleExpression: 'rate(1 hour)', EndDate: new Date(START_AT_MS - 1) },
      ];
      for (const change of wrong)
        expect(await errorNameOf(client.send(create(change)))).toBe('ValidationException');
    }));

  it('for callers that may create them there and pass the role', () =>
    run(async ({ creatingClient, service }) => {
      service.createGroup('vault');
      expect(await errorNameOf(creatingClient.send(create({ GroupName: 'vault' })))).toBe('no error');
      expect(await errorNameOf(creatingClient.send(create()))).toBe('AccessDeniedException');
      const Target = { Arn: targetArn, RoleArn: admin.roleArn };
      const other = create({ GroupName: 'vault', Name: 'due-2', Target });
      await expect(creatingClient.send(other)).rejects.toMatchObject({
        name: 'AccessDeniedException',
        message: expect.stringContaining('iam:PassRole'),
      });
    }));
});

describe('the Scheduler stand-in fires', () => {
  it('once at the time of a one-time schedule, and deletes it', () =>
    run(async ({ client, service, deliveries, passUntil }) => {
      await client.send(create());
      await passUntil(START_AT_MS + HOUR_MS - 1000);
      expect(deliveries).toEqual([]);
      await passUntil(START_AT_MS + 10 * HOUR_MS);
      expect(deliveries).toMatchObject([
        { name: 'due-1', targetArn, input: '{"connectionId":"acme.user-42"}', attempt: 1 },
      ]);
      expect(service.schedules()).toEqual([]);
      expect(service.nextDueAtMs()).toBeUndefined();
    }));

  it('and keeps a one-time schedule that does not ask for deletion', () =>
    run(async ({ client, service, deliveries, passUntil }) => {
      await client.send(create({ ActionAfterCompletion: 'NONE' }));
      await passUntil(START_AT_MS + 10 * HOUR_MS);
      expect(deliveries).toHaveLength(1);
      expect(service.schedules()).toHaveLength(1);
    }));

  it('at once when the time has passed already', () =>
    run(async ({ client, deliveries, passUntil, now }) => {
      await client.send(create({ ScheduleExpression: at(START_AT_MS - HOUR_MS) }));
      await passUntil(now());
      expect(deliveries).toHaveLength(1);
    }));

  it('at a rate until the end date', () =>
    run(async ({ client, service, deliveries, passUntil }) => {
      const EndDate = new Date(START_AT_MS + 3 * MINUTE_MS + 1000);
      await client.send(create({ ScheduleExpression: 'rate(1 minute)', EndDate }));
      await passUntil(START_AT_MS + HOUR_MS);
      expect(deliveries.map((d) => (d.scheduledAtMs - START_AT_MS) / MINUTE_MS)).toEqual([0, 1, 2, 3]);
      expect(service.schedules()).toEqual([]);
    }));

  it('from the start date on', () =>
    run(async ({ client, deliveries, passUntil }) => {
      const StartDate = new Date(START_AT_MS + 10 * MINUTE_MS);
      await client.send(create({ ScheduleExpression: 'rate(1 hour)', StartDate }));
      await passUntil(START_AT_MS + 2 * HOUR_MS);
      expect(deliveries.map((d) => (d.scheduledAtMs - START_AT_MS) / MINUTE_MS)).toEqual([10, 70]);
    }));

  it('once for all occurrences that a jump of the clock went over', () =>
    run(async ({ client, service, deliveries }) => {
      await client.send(create({ ScheduleExpression: 'cron(0 * * * ? *)' }));
      await service.fireDue(START_AT_MS + 24 * HOUR_MS);
      expect(deliveries).toHaveLength(1);
      expect(service.nextDueAtMs()).toBe(Date.parse('2031-03-05T06:00:00Z'));
    }));

  it('inside the flexible window, always at the same moment of it', () =>
    run(async ({ client, service }) => {
      const FlexibleTimeWindow = { Mode: 'FLEXIBLE', MaximumWindowInMinutes: 15 } as const;
      for (const Name of ['a', 'b', 'c']) await client.send(create({ Name, FlexibleTimeWindow }));
      const offsets = service.schedules().map((s) => (s.next?.dueAtMs ?? 0) - (s.next?.scheduledAtMs ?? 0));
      expect(new Set(offsets).size).toBe(3);
      expect(offsets.every((offsetMs) => offsetMs >= 0 && offsetMs < 15 * MINUTE_MS)).toBe(true);
      await client.send(new UpdateScheduleCommand(scheduleInput({ Name: 'a', FlexibleTimeWindow })));
      const [again] = service.schedules();
      expect((again?.next?.dueAtMs ?? 0) - (again?.next?.scheduledAtMs ?? 0)).toBe(offsets[0]);
    }));

  it('not while it is disabled', () =>
    run(async ({ client, service }) => {
      await client.send(create({ State: 'DISABLED' }));
      expect(service.nextDueAtMs()).toBeUndefined();
    }));

  it('with the context attributes filled in', () =>
    run(async ({ client, deliveries, passUntil }) => {
      const Input = '{"at":"<aws.scheduler.scheduled-time>","n":"<aws.scheduler.attempt-number>"}';
      await client.send(create({ Target: { Arn: targetArn, RoleArn: schedule.roleArn, Input } }));
      await passUntil(START_AT_MS + HOUR_MS);
      expect(JSON.parse(deliveries[0]?.input ?? '')).toEqual({ at: '2031-03-04T06:06:07.000Z', n: '1' });
    }));
});

describe('the Scheduler stand-in, when a delivery fails,', () => {
  it('tries again with growing pauses', () =>
    run(async ({ client, service, deliveries, failures, passUntil }) => {
      failures.push('TooManyRequestsException', 'TooManyRequestsException');
      await client.send(create({ Target: retrying({ MaximumRetryAttempts: 5 }) }));
      await passUntil(START_AT_MS + HOUR_MS);
      expect(service.nextDueAtMs()).toBe(START_AT_MS + HOUR_MS + 30_000);
      expect(service.schedules()).toHaveLength(1);
      await passUntil(START_AT_MS + 2 * HOUR_MS);
      expect(deliveries.map((d) => d.attempt)).toEqual([1, 2, 3]);
      expect(new Set(deliveries.map((d) => d.executionId)).size).toBe(1);
      expect(service.schedules()).toEqual([]);
    }));

  it('leaves it in the dead-letter queue after the last attempt', () =>
    run(async ({ client, service, failures, queue, passUntil }) => {
      failures.push('TooManyRequestsException', 'TooManyRequestsException');
      await client.send(create({ Target: { ...retrying({ MaximumRetryAttempts: 1 }), Input: '{"id":1}' } }));
      await passUntil(START_AT_MS + 2 * HOUR_MS);
      expect(queue.messages()).toMatchObject([
        {
          body: '{"id":1}',
          attributes: {
            ERROR_CODE: 'TooManyRequestsException',
            EXHAUSTED_RETRY_CONDITION: 'MaximumRetryAttempts',
            RETRY_ATTEMPTS: '1',
            TARGET_ARN: targetArn,
          },
        },
      ]);
      expect(service.schedules()).toEqual([]);
      expect(service.lost()).toEqual([]);
    }));

  it('gives up when the event has grown too old', () =>
    run(async ({ client, failures, queue, passUntil }) => {
      failures.push(...Array.from({ length: 9 }, () => 'ServiceException'));
      await client.send(create({ Target: retrying({ MaximumEventAgeInSeconds: 60 }) }));
      await passUntil(START_AT_MS + 2 * HOUR_MS);
      expect(queue.messages()[0]?.attributes).toMatchObject({
        EXHAUSTED_RETRY_CONDITION: 'MaximumEventAgeInSeconds',
        RETRY_ATTEMPTS: '1',
      });
    }));

  it('does not try what the role is not allowed', () =>
    run(async ({ client, deliveries, queue, passUntil }) => {
      const Target = { ...retrying({}), Arn: targetArn.replace('rotate', 'other') };
      await client.send(create({ Target }));
      await passUntil(START_AT_MS + 2 * HOUR_MS);
      expect(deliveries).toEqual([]);
      expect(queue.messages()[0]?.attributes.ERROR_CODE).toBe('AccessDeniedException');
    }));

  it('says what was lost for want of a queue', () =>
    run(async ({ client, service, failures, passUntil }) => {
      failures.push('ServiceException');
      const Target = { Arn: targetArn, RoleArn: schedule.roleArn, RetryPolicy: { MaximumRetryAttempts: 0 } };
      await client.send(create({ Target }));
      await passUntil(START_AT_MS + HOUR_MS);
      expect(service.lost()).toMatchObject([{ name: 'due-1' }]);
    }));

  it('leaves alone a schedule that has got its name since', () =>
    run(async ({ client, service, failures, passUntil }) => {
      failures.push('ServiceException');
      await client.send(create({ Target: retrying({ MaximumRetryAttempts: 1 }) }));
      await passUntil(START_AT_MS + HOUR_MS);
      await client.send(new DeleteScheduleCommand({ Name: 'due-1' }));
      await client.send(create({ ScheduleExpression: at(START_AT_MS + 100 * HOUR_MS) }));
      await passUntil(START_AT_MS + 2 * HOUR_MS);
      expect(service.schedules()).toHaveLength(1);
    }));
});
