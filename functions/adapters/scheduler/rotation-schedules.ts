import {
  CreateScheduleCommand,
  type CreateScheduleCommandInput,
  CreateScheduleGroupCommand,
  DeleteScheduleCommand,
  GetScheduleCommand,
  GetScheduleGroupCommand,
  type SchedulerClient,
} from '@aws-sdk/client-scheduler';
import { PlatformError } from '../../core/platform-error.ts';
import type { Clock } from '../../core/ports/platform.ts';
import type { RotationSchedules, ScheduleGroup } from '../../core/ports/scheduling.ts';
import { SCHEDULER_ERRORS, toPlatformError } from '../aws/aws-errors.ts';
import { SCHEDULER_CALL_TIMEOUT_MS } from '../aws/clients.ts';

export interface RotationSchedulesDependencies extends RotateSchedulesDependencies {
  readonly clock: Pick<Clock, 'nowMs'>;
}

const MINUTE_MS = 60_000;
/** AWS does not document an `at(…)` in the past, and fires within a minute of the time. So no schedule is nearer. */
const NEAREST_MS = MINUTE_MS;
const MAX_WINDOW_MINUTES = 1_440;
/** An invocation that fails is repeated for up to six hours; after that the reconciler finds the connection overdue. */
const RETRY = { attempts: 30, ageSeconds: 6 * 3_600 };

/** One-time schedules, which Scheduler deletes once they have fired. */
export function createRotationSchedules(deps: RotationSchedulesDependencies): RotationSchedules {
  const schedules = createRotateSchedules(deps);
  return {
    async create({ connectionId, name, atMs, flexibleWindowMinutes }) {
      const dueAtMs = Math.max(atMs, deps.clock.nowMs() + NEAREST_MS);
      await schedules.create({
        name,
        ScheduleExpression: `at(${utcMinute(dueAtMs)})`,
        ActionAfterCompletion: 'DELETE',
        FlexibleTimeWindow: flexibleWindow(flexibleWindowMinutes),
        input: JSON.stringify({ connectionId }),
        retry: RETRY,
      });
    },
  };
}

/**
 * `yyyy-MM-ddTHH:mm:ss`, rounded up to the minute so that it never fires early: Scheduler's precision is a minute, and AWS
 * does not document whether it respects seconds. A schedule that fires before its due time finds nothing to do and is deleted.
 */
const utcMinute = (atMs: number): string =>
  new Date(Math.ceil(atMs / MINUTE_MS) * MINUTE_MS).toISOString().slice(0, 19);

function flexibleWindow(minutes: number) {
  const whole = Math.min(Math.floor(minutes), MAX_WINDOW_MINUTES);
  return whole < 1
    ? ({ Mode: 'OFF' } as const)
    : ({ Mode: 'FLEXIBLE', MaximumWindowInMinutes: whole } as const);
}

export interface ScheduleGroupDependencies {
  readonly client: SchedulerClient;
  readonly group: string;
}

/**
 * Creates the group again under its own name. CloudFormation knows it by that name and still owns it. AWS deletes a group
 * with its schedules, which takes a while, and its name is taken until then.
 */
export function createScheduleGroup({ client, group }: ScheduleGroupDependencies): ScheduleGroup {
  const create = () => client.send(new CreateScheduleGroupCommand({ Name: group }), withinTimeout());
  return {
    async restore() {
      const created = await unless('ConflictException', 'exists', async () => {
        await create();
        return 'created';
      });
      if (created === 'exists') await assertUsable(client, group);
    },
  };
}

async function assertUsable(client: SchedulerClient, group: string): Promise<void> {
  const state = await unless('ResourceNotFoundException', 'GONE', async () => {
    const { State } = await client.send(new GetScheduleGroupCommand({ Name: group }), withinTimeout());
    return State;
  });
  if (state === 'ACTIVE') return;
  const message = `The schedule group ${group} is still being deleted. It can be recreated after that.`;
  throw new PlatformError('SCHEDULER_UNAVAILABLE', message, { reason: 'ScheduleGroupDeleting' });
}

export interface RotateSchedulesDependencies {
  readonly client: SchedulerClient;
  readonly group: string;
  /** The role Scheduler assumes: it may invoke the target and write the dead-letter queue. */
  readonly roleArn: string;
  /** The alias of `rotate` for schedules. It outlives a deployment, and `rotate` limits what may be requested through it. */
  readonly targetArn: string;
  readonly deadLetterQueueArn: string;
}

/** One of the vault's schedules, without what all of them share. */
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
  /** `exists` when a schedule of that name exists, whatever its content. Throws `SCHEDULE_GROUP_GONE`. */
  create(schedule: RotateSchedule): Promise<'created' | 'exists'>;
  /** The input of the schedule of that name. `undefined` when there is none. */
  inputOf(name: string): Promise<string | undefined>;
  /** Succeeds also when there is no such schedule. */
  remove(name: string): Promise<void>;
}

/** Lambda accepts no larger payload from Scheduler, and Scheduler would notice only when the schedule fires. */
const MAX_INPUT_BYTES = 256 * 1024;

export function createRotateSchedules(deps: RotateSchedulesDependencies): RotateSchedules {
  const { client, group: GroupName } = deps;
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
      // AWS does not say what it answers while the group is being deleted. If it is this, the schedule is missing afterwards, like
      // all others of the group, and the reconciler finds the connection overdue within the hour.
      return await unless('ConflictException', 'exists', async () => {
        await client.send(command, withinTimeout()).catch((error: unknown) => {
          throw isGone(error) ? groupGone(GroupName, error) : error;
        });
        return 'created';
      });
    },
    inputOf: (name) =>
      unless('ResourceNotFoundException', undefined, async () => {
        const schedule = await client.send(
          new GetScheduleCommand({ GroupName, Name: name }),
          withinTimeout(),
        );
        return schedule.Target?.Input ?? '';
      }),
    remove: (name) =>
      unless('ResourceNotFoundException', undefined, async () => {
        await client.send(new DeleteScheduleCommand({ GroupName, Name: name }), withinTimeout());
      }),
  };
}

/** The schedule does not exist yet, so AWS means that its group was not found. */
const isGone = (error: unknown): error is Error =>
  error instanceof Error && error.name === 'ResourceNotFoundException';

const groupGone = (group: string, cause: Error): PlatformError =>
  new PlatformError('SCHEDULE_GROUP_GONE', `The schedule group ${group} is gone.`, {
    cause,
    reason: cause.name,
  });

const withinTimeout = () => ({ abortSignal: AbortSignal.timeout(SCHEDULER_CALL_TIMEOUT_MS) });

/** One exception is an expected outcome; every other error is translated. */
async function unless<const Expected, const Outcome>(
  exception: string,
  expected: Expected,
  call: () => Promise<Outcome>,
): Promise<Expected | Outcome> {
  try {
    return await call();
  } catch (error) {
    if (error instanceof Error && error.name === exception) return expected;
    throw toPlatformError(SCHEDULER_ERRORS, error);
  }
}
