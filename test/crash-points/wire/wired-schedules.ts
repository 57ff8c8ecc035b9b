import type { SchedulerClientConfig } from '@aws-sdk/client-scheduler';
import { readParkedInput } from '../../../functions/core/domain/parked-input.ts';
import type { ParkedSuccessor } from '../../../functions/core/domain/rotate-request.ts';
import type { ArmedAlarm } from '../../../functions/core/ports/alarm-clock.ts';
import type { Clock } from '../../../functions/core/ports/clock.ts';
import { createAlarmClock } from '../../../functions/platform/scheduler/alarm-clock.ts';
import { createAlarmGroup } from '../../../functions/platform/scheduler/alarm-group.ts';
import { createParking } from '../../../functions/platform/scheduler/parking.ts';
import { createSchedulerClient } from '../../../functions/platform/scheduler/scheduler-client.ts';
import type { Schedule } from '../../../local/aws/scheduler/schedule.ts';
import type { createScheduleBook } from '../../../local/aws/scheduler/schedule-book.ts';
import { createSchedulerService } from '../../../local/aws/scheduler/scheduler-service.ts';
import type { BenchParts } from '../../support/rotation/rotation-bench.ts';

const GROUP = 'vault';

/** The real alarm clock and parking, and what Scheduler holds. It rings when the test says so. */
export function createWiredSchedules(place: Parameters<typeof createScheduleBook>[0]) {
  const service = createSchedulerService({
    ...place,
    authorizer: { decide: () => 'Allowed', decideAssumeRole: () => 'Allowed', records: () => [] },
    deliver: async () => undefined,
  });
  service.createGroup(GROUP);
  const named = (prefix: string) => service.schedules().filter(({ name }) => name.startsWith(prefix));
  const pending = () =>
    named('wake-')
      .map(alarmOf)
      .sort((one, other) => one.atMs - other.atMs);
  const parked = () => named('park-').flatMap(parkedIn);

  return {
    service,
    parts(config: SchedulerClientConfig, clock: Clock): Pick<BenchParts, 'alarms' | 'parking'> {
      const client = createSchedulerClient(config);
      const deps = {
        client,
        clock,
        group: GROUP,
        roleArn: `arn:aws:iam::${place.accountId}:role/alarm`,
        targetArn: `arn:aws:lambda:${place.region}:${place.accountId}:function:rotate:live`,
        deadLetterQueueArn: `arn:aws:sqs:${place.region}:${place.accountId}:dead-letters`,
      };
      return {
        alarms: {
          ...createAlarmClock(deps),
          group: createAlarmGroup({ client, group: GROUP }),
          calls: [],
          pending,
          ring(nowMs) {
            const due = pending().filter(({ atMs }) => atMs <= nowMs);
            for (const { name } of due) void service.answer(deletion(name));
            return due;
          },
          lose: (name) => void service.answer(deletion(name)),
          loseGroup() {
            throw new TypeError('Over the wire there is no such switch.');
          },
        },
        parking: {
          ...createParking(deps),
          parked,
          places: new Map(),
        },
      };
    },
  };
}

function deletion(name: string) {
  const headers = {};
  const caller = { roleName: 'scheduler', roleArn: '', accessKeyId: '' };
  const path = `/schedules/${name}?groupName=${GROUP}`;
  const body = new Uint8Array();
  const call = { method: 'DELETE', path, headers, body, caller, json: () => ({}) };
  return { ...call, service: 'scheduler', operation: 'DeleteSchedule' };
}

function alarmOf({ name, definition }: Schedule): ArmedAlarm {
  const at = /^at\((.*)\)$/.exec(definition.ScheduleExpression)?.[1] ?? '';
  const { connectionId } = JSON.parse(definition.Target.Input ?? '{}') as { connectionId: string };
  return { connectionId, name, atMs: Date.parse(`${at}Z`), flexibleWindowMinutes: 0 };
}

function parkedIn({ definition }: Schedule): readonly ParkedSuccessor[] {
  const parked = readParkedInput(JSON.parse(definition.Target.Input ?? '{}'));
  return parked ? [parked] : [];
}
