import {
  ConflictException,
  CreateScheduleGroupCommand,
  type SchedulerClient,
} from '@aws-sdk/client-scheduler';
import type { AlarmGroup } from '../../core/ports/alarm-clock.ts';
import { SCHEDULER_CALL_TIMEOUT_MS } from './scheduler-client.ts';
import { toSchedulerFault } from './scheduler-fault.ts';

export interface AlarmGroupDependencies {
  readonly client: SchedulerClient;
  readonly group: string;
}

/** Makes the group under its own name: CloudFormation knows it by that name and goes on owning it. */
export function createAlarmGroup({ client, group }: AlarmGroupDependencies): AlarmGroup {
  return {
    async restore() {
      const abortSignal = AbortSignal.timeout(SCHEDULER_CALL_TIMEOUT_MS);
      try {
        await client.send(new CreateScheduleGroupCommand({ Name: group }), { abortSignal });
      } catch (error) {
        if (!(error instanceof ConflictException)) throw toSchedulerFault(error);
      }
    },
  };
}
