import {
  GetScheduleGroupCommand,
  ListSchedulesCommand,
  ResourceNotFoundException,
  SchedulerClient,
  type SchedulerClientConfig,
} from '@aws-sdk/client-scheduler';

export interface ScheduleFacts {
  readonly name: string;
  readonly enabled: boolean;
  readonly targetArn: string;
}

/** The first schedules of a group; `undefined` when there is no such group. Throws the SDK's own errors. */
export type InspectGroup = (groupName: string) => Promise<readonly ScheduleFacts[] | undefined>;

const FIRST = 10;

export function createGroupInspector(config: SchedulerClientConfig): InspectGroup {
  const client = new SchedulerClient(config);
  return async (groupName) => {
    try {
      await client.send(new GetScheduleGroupCommand({ Name: groupName }));
      const command = new ListSchedulesCommand({ GroupName: groupName, MaxResults: FIRST });
      const { Schedules = [] } = await client.send(command);
      return Schedules.map(({ Name = '', State, Target }) => ({
        name: Name,
        enabled: State === 'ENABLED',
        targetArn: Target?.Arn ?? '',
      }));
    } catch (error) {
      if (error instanceof ResourceNotFoundException) return undefined;
      throw error;
    }
  };
}
