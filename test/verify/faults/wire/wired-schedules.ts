import type { SchedulerClientConfig } from '@aws-sdk/client-scheduler';
import { createSchedulerClient } from '../../../../functions/adapters/aws/clients.ts';
import { createParking } from '../../../../functions/adapters/scheduler/parking.ts';
import {
  createRotationSchedules,
  createScheduleGroup,
} from '../../../../functions/adapters/scheduler/rotation-schedules.ts';
import type { Clock } from '../../../../functions/core/ports/platform.ts';
import type { NewSchedule } from '../../../../functions/core/ports/scheduling.ts';
import {
  type ParkedSuccessor,
  readParkedInput,
} from '../../../../functions/core/rotation/parked-successor.ts';
import type { Schedule } from '../../../../local/aws/scheduler/schedule.ts';
import type { createScheduleBook } from '../../../../local/aws/scheduler/schedule-book.ts';
import { createSchedulerService } from '../../../../local/aws/scheduler/scheduler-service.ts';
import type { FakeParts } from '../../../support/fake-vault/fake-vault.ts';

const GROUP = 'vault';

/** The real schedule clock and parking, and what Scheduler holds. It fires when the test says so. */
export function createWiredSchedules(place: Parameters<typeof createScheduleBook>[0]) {
  const service = createSchedulerService({
    ...place,
    authorizer: { decide: () => 'Allowed', decideAssumeRole: () => 'Allowed', records: () => [] },
    deliver: async () => undefined,
  });
  service.createGroup(GROUP);
  const named = (prefix: string) => service.schedules().filter(({ name }) => name.startsWith(prefix));
  const pending = () =>
    named('due-')
      .map(newScheduleOf)
      .sort((one, other) => one.atMs - other.atMs);
  const has = (name: string) => pending().some((schedule) => schedule.name === name);
  const parked = () => named('park-').flatMap(parkedIn);

  return {
    service,
    parts(config: SchedulerClientConfig, clock: Clock): Pick<FakeParts, 'schedules' | 'parking'> {
      const client = createSchedulerClient(config);
      const deps = {
        client,
        clock,
        group: GROUP,
        roleArn: `arn:aws:iam::${place.accountId}:role/schedule`,
        targetArn: `arn:aws:lambda:${place.region}:${place.accountId}:function:rotate:live`,
        deadLetterQueueArn: `arn:aws:sqs:${place.region}:${place.accountId}:dead-letters`,
      };
      return {
        schedules: {
          ...createRotationSchedules(deps),
          group: createScheduleGroup({ client, group: GROUP }),
          calls: [],
          pending,
          has,
          fireDue(nowMs) {
            const due = pending().filter(({ atMs }) => atMs <= nowMs);
            for (const { name } of due) void service.answer(deletion(name));
            return due;
          },
          lose(name) {
            const wasThere = has(name);
            void service.answer(deletion(name));
            return wasThere;
          },
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

function newScheduleOf({ name, definition }: Schedule): NewSchedule {
  const at = /^at\((.*)\)$/.exec(definition.ScheduleExpression)?.[1] ?? '';
  const { connectionId } = JSON.parse(definition.Target.Input ?? '{}') as { connectionId: string };
  return { connectionId, name, atMs: Date.parse(`${at}Z`), flexibleWindowMinutes: 0 };
}

function parkedIn({ definition }: Schedule): readonly ParkedSuccessor[] {
  const parked = readParkedInput(JSON.parse(definition.Target.Input ?? '{}'));
  return parked ? [parked] : [];
}
