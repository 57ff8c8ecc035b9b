import {
  ConflictException,
  CreateScheduleGroupCommand,
  type SchedulerClient,
} from '@aws-sdk/client-scheduler';

import type { ScheduleGroup } from '../../core/ports/schedules.ts';
import { SCHEDULER_CALL_TIMEOUT_MS } from './scheduler-client.ts';
import { toSchedulerError } from './scheduler-error.ts';

export interface ScheduleGroupDependencies {
  readonly client: SchedulerClient;
  readonly group: string;
}

/** Makes the group under its own name: CloudFormation knows it by that name and goes on owning it. */
export function createScheduleGroup({ client, group }: ScheduleGroupDependencies): ScheduleGroup {
  return {
    async restore() {
      const abortSignal = AbortSignal.timeout(SCHEDULER_CALL_TIMEOUT_MS);
      try {
        await client.send(new CreateScheduleGroupCommand({ Name: group }), { abortSignal });
      } catch (error) {
        if (!(error instanceof ConflictException)) throw toSchedulerError(error);
      }
    },
  };
}
