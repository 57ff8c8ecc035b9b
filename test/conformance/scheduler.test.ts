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
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ConformanceTarget, conformanceTarget, errorNameOf, uniqueName } from './conformance-target.ts';

describe('Scheduler', () => {
  const GroupName = uniqueName('conformance');
  let target: ConformanceTarget;
  let client: SchedulerClient;

  beforeAll(async () => {
    target = await conformanceTarget();
    client = new SchedulerClient(target.clientConfig);
    await client.send(new CreateScheduleGroupCommand({ Name: GroupName }));
  });
  afterAll(async () => {
    await client.send(new DeleteScheduleGroupCommand({ Name: GroupName }));
    await target.stop();
  });

  const inOneDay = () => new Date(Date.now() + 86_400_000).toISOString().slice(0, 19);
  const input = (Name: string, change: Partial<CreateScheduleInput> = {}): CreateScheduleInput => ({
    Name,
    GroupName,
    ScheduleExpression: `at(${inOneDay()})`,
    FlexibleTimeWindow: { Mode: 'FLEXIBLE', MaximumWindowInMinutes: 15 },
    ActionAfterCompletion: 'DELETE',
    Target: {
      Arn: target.scheduleTargetArn,
      RoleArn: target.scheduleRoleArn,
      Input: '{"connectionId":"acme.user-42"}',
      RetryPolicy: { MaximumRetryAttempts: 10, MaximumEventAgeInSeconds: 3600 },
    },
    ...change,
  });
  const create = (Name: string, change?: Partial<CreateScheduleInput>) =>
    client.send(new CreateScheduleCommand(input(Name, change)));
  const get = (Name: string) => client.send(new GetScheduleCommand({ Name, GroupName }));

  it('gives back what was created', async () => {
    const wanted = input('given-back');
    const created = await client.send(new CreateScheduleCommand(wanted));
    const got = await get('given-back');
    expect(created.ScheduleArn).toMatch(new RegExp(`:schedule/${GroupName}/given-back$`));
    expect(got).toMatchObject({ ...wanted, Arn: created.ScheduleArn, State: 'ENABLED' });
  });

  it('refuses a name that is taken', async () => {
    await create('taken');
    expect(await errorNameOf(create('taken'))).toBe('ConflictException');
  });

  it('takes the same request again under the same client token', async () => {
    const same = input('same', { ClientToken: 'same-request' });
    await client.send(new CreateScheduleCommand(same));
    expect(await errorNameOf(client.send(new CreateScheduleCommand(same)))).toBe('no error');
  });

  it('replaces a schedule as a whole on update', async () => {
    await create('updated', { Description: 'before' });
    const { ActionAfterCompletion: _, ...recurring } = input('updated', {
      ScheduleExpression: 'rate(1 hour)',
    });
    await client.send(new UpdateScheduleCommand(recurring));
    const got = await get('updated');
    expect(got.ScheduleExpression).toBe('rate(1 hour)');
    expect(got.Description).toBeUndefined();
  });

  it('keeps the dates of a recurring schedule', async () => {
    const StartDate = new Date(Math.ceil(Date.now() / 1000) * 1000 + 60_000);
    const EndDate = new Date(StartDate.getTime() + 86_400_000);
    await create('dated', { ScheduleExpression: 'rate(1 minute)', StartDate, EndDate });
    expect(await get('dated')).toMatchObject({ StartDate, EndDate });
  });

  it('deletes a schedule, which is then not found', async () => {
    await create('deleted');
    await client.send(new DeleteScheduleCommand({ Name: 'deleted', GroupName }));
    expect(await errorNameOf(get('deleted'))).toBe('ResourceNotFoundException');
    const again = new DeleteScheduleCommand({ Name: 'deleted', GroupName });
    expect(await errorNameOf(client.send(again))).toBe('ResourceNotFoundException');
  });

  it('lists the schedules of a group by prefix', async () => {
    await create('listed-1');
    await create('listed-2');
    const list = new ListSchedulesCommand({ GroupName, NamePrefix: 'listed-' });
    const { Schedules } = await client.send(list);
    expect(Schedules?.map((s) => s.Name).sort()).toEqual(['listed-1', 'listed-2']);
  });

  it('requires an existing group and valid expressions', async () => {
    expect(await errorNameOf(create('no-group', { GroupName: uniqueName('missing') }))).toBe(
      'ResourceNotFoundException',
    );
    for (const ScheduleExpression of ['at(tomorrow)', 'rate(0 hours)', 'cron(0 * * * * *)']) {
      expect(await errorNameOf(create('wrong', { ScheduleExpression }))).toBe('ValidationException');
    }
    const FlexibleTimeWindow = { Mode: 'FLEXIBLE', MaximumWindowInMinutes: 1441 } as const;
    expect(await errorNameOf(create('wrong', { FlexibleTimeWindow }))).toBe('ValidationException');
  });
});
