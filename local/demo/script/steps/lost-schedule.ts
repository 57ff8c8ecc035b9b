import { DeleteScheduleCommand, SchedulerClient } from '@aws-sdk/client-scheduler';
import type { Environment } from '../environment.ts';

export interface LostSchedule {
  /** When it would have fired. */
  readonly dueAtMs: number;
}

const HOUR_MS = 3_600_000;
/** Overdue by half an hour, found at the next full run, then a new schedule within the hour. */
const FOUND_WITHIN_MS = 9 * HOUR_MS;

/** Day 21: the schedule of an idle connection disappears from Scheduler. */
export async function loseOneSchedule({ world, transcript, users }: Environment): Promise<LostSchedule> {
  const { stack } = world;
  const { strictIdler } = users;
  transcript.title(`Scheduler loses ${strictIdler.name}'s schedule`);
  const schedules = stack.scheduler
    .schedules()
    .filter(({ definition }) => definition.Target.Input?.includes(strictIdler.connectionId()));
  const client = schedulerClientAs('rotate', stack);
  for (const { name, groupName } of schedules) {
    await client.send(new DeleteScheduleCommand({ Name: name, GroupName: groupName }));
  }
  client.destroy();
  transcript.expect(
    'the one schedule of an idle connection is gone',
    schedules.length === 1,
    `${schedules.length}`,
  );
  return { dueAtMs: Math.min(...schedules.map(({ next }) => next?.dueAtMs ?? Number.POSITIVE_INFINITY)) };
}

/** Deleting a schedule is an ordinary call to Scheduler; `rotate` is the function that may make it. */
function schedulerClientAs(functionName: string, stack: Environment['world']['stack']): SchedulerClient {
  return new SchedulerClient({
    endpoint: stack.awsEndpointUrl,
    region: 'us-east-1',
    credentials: stack.credentialsOf(stack.functions.get(functionName).definition.roleArn),
    systemClockOffset: stack.clock.nowMs() - Date.now(),
  });
}

/** Ten days later: the reconciler must have found it. */
export function checkLostSchedule(
  { world, transcript, users }: Environment,
  { dueAtMs }: LostSchedule,
): boolean {
  const refreshed = world.ims.ledger
    .snapshot()
    .refreshTokens.filter(({ user, issuedAtMs }) => user === users.strictIdler.key && issuedAtMs >= dueAtMs);
  const lateMs = Math.min(...refreshed.map(({ issuedAtMs }) => issuedAtMs)) - dueAtMs;
  const found = lateMs <= FOUND_WITHIN_MS;
  transcript.title(`What became of ${users.strictIdler.name}'s lost schedule`);
  transcript.expect(
    `the reconciler found it: IMS gave a new refresh token ${(lateMs / HOUR_MS).toFixed(1)} hours after the schedule should have fired`,
    found,
  );
  return found;
}
