import {
  CreateScheduleCommand,
  type CreateScheduleCommandInput,
  DeleteScheduleCommand,
  GetScheduleCommand,
  type SchedulerClient,
} from '@aws-sdk/client-scheduler';
import { PlatformError } from '../../core/platform-error.ts';
import { SCHEDULER_CALL_TIMEOUT_MS } from './scheduler-client.ts';
import { toSchedulerError } from './scheduler-error.ts';

export interface RotateSchedulesDependencies {
  readonly client: SchedulerClient;
  readonly group: string;
  /** The role Scheduler assumes: it may invoke the target and write the dead-letter queue. */
  readonly roleArn: string;
  /** The alias of `rotate` for schedules: it outlives a deployment, and what comes by it may not ask for everything. */
  readonly targetArn: string;
  readonly deadLetterQueueArn: string;
}

/** A schedule of ours, without what all of them share. */
export type RotateSchedule = Pick<
  CreateScheduleCommandInput,
  'ScheduleExpression' | 'EndDate' | 'ActionAfterCompletion' | 'FlexibleTimeWindow'
> & {
  readonly name: string;
  readonly input: string;
  readonly retry: { readonly attempts: number; readonly ageSeconds: number };
};

/** The schedules of one group, all of which invoke `rotate`. */
export interface RotateSchedules {
  /** `exists` when there is one of that name already, whatever it says. Throws `SCHEDULE_GROUP_GONE`. */
  create(schedule: RotateSchedule): Promise<'created' | 'exists'>;
  /** The input of the schedule of that name. */
  inputOf(name: string): Promise<string | undefined>;
  /** Absent already counts as done. */
  remove(name: string): Promise<void>;
}

/** Lambda takes no larger payload from Scheduler, which would find out only when the schedule fires. */
const MAX_INPUT_BYTES = 256 * 1024;

export function createRotateSchedules(deps: RotateSchedulesDependencies): RotateSchedules {
  const { client, group: GroupName } = deps;
  const options = () => ({ abortSignal: AbortSignal.timeout(SCHEDULER_CALL_TIMEOUT_MS) });
  return {
    async create({ name, input, retry, ...timing }) {
      if (Buffer.byteLength(input) > MAX_INPUT_BYTES) {
        const message = 'A schedule cannot carry an input of more than 256 KB.';
        throw new PlatformError('SCHEDULER_UNAVAILABLE', message, { reason: 'InputTooLarge' });
      }
      const command = new CreateScheduleCommand({
        ...timing,
        Name: name,
        GroupName,
        Target: {
          Arn: deps.targetArn,
          RoleArn: deps.roleArn,
          Input: input,
          RetryPolicy: { MaximumRetryAttempts: retry.attempts, MaximumEventAgeInSeconds: retry.ageSeconds },
          DeadLetterConfig: { Arn: deps.deadLetterQueueArn },
        },
      });
      return await unless('ConflictException', 'exists', async () => {
        await client.send(command, options()).catch((error: unknown) => {
          throw isGone(error) ? groupGone(GroupName, error) : error;
        });
        return 'created';
      });
    },
    inputOf: (name) =>
      unless('ResourceNotFoundException', undefined, async () => {
        const schedule = await client.send(new GetScheduleCommand({ GroupName, Name: name }), options());
        return schedule.Target?.Input ?? '';
      }),
    remove: (name) =>
      unless('ResourceNotFoundException', undefined, async () => {
        await client.send(new DeleteScheduleCommand({ GroupName, Name: name }), options());
      }),
  };
}

/** A schedule that is to be created is not there; so it is its group that was not found. */
const isGone = (error: unknown): error is Error =>
  error instanceof Error && error.name === 'ResourceNotFoundException';

const groupGone = (group: string, cause: Error): PlatformError =>
  new PlatformError('SCHEDULE_GROUP_GONE', `The schedule group ${group} is gone.`, {
    cause,
    reason: cause.name,
  });

/** One exception is an expected outcome; every other error is translated. */
async function unless<const Expected, const Outcome>(
  exception: string,
  expected: Expected,
  attempt: () => Promise<Outcome>,
): Promise<Expected | Outcome> {
  try {
    return await attempt();
  } catch (error) {
    if (error instanceof Error && error.name === exception) return expected;
    throw toSchedulerError(error);
  }
}
