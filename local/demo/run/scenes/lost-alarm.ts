import { DeleteScheduleCommand, SchedulerClient } from '@aws-sdk/client-scheduler';
import type { Stage } from '../stage.ts';

export interface LostAlarm {
  /** When it would have rung. */
  readonly dueAtMs: number;
}

const HOUR_MS = 3_600_000;
/** Overdue by half an hour, found at the next full run, then a new alarm within the hour. */
const FOUND_WITHIN_MS = 9 * HOUR_MS;

/** Day 21: an alarm of somebody whom nobody reads for disappears from Scheduler. */
export const playLostAlarm = async ({ world, transcript, people }: Stage): Promise<LostAlarm> => {
  const { stack } = world;
  const { strictIdler } = people;
  transcript.title(`Scheduler loses ${strictIdler.name}'s alarm`);
  const alarms = stack.scheduler
    .schedules()
    .filter(({ definition }) => definition.Target.Input?.includes(strictIdler.connectionId()));
  const client = schedulerClientAs('rotate', stack);
  for (const { name, groupName } of alarms) {
    await client.send(new DeleteScheduleCommand({ Name: name, GroupName: groupName }));
  }
  client.destroy();
  transcript.expect('the one alarm of an idle connection is gone', alarms.length === 1, `${alarms.length}`);
  return { dueAtMs: Math.min(...alarms.map(({ next }) => next?.dueAtMs ?? Number.POSITIVE_INFINITY)) };
};

/** Deleting a schedule is an ordinary call to Scheduler; `rotate` is the function that may make it. */
const schedulerClientAs = (functionName: string, stack: Stage['world']['stack']): SchedulerClient =>
  new SchedulerClient({
    endpoint: stack.awsEndpointUrl,
    region: 'us-east-1',
    credentials: stack.credentialsOf(stack.functions.get(functionName).definition.roleArn),
    systemClockOffset: stack.clock.nowMs() - Date.now(),
  });

/** Ten days later: the guard must have found it. */
export const checkLostAlarm = ({ world, transcript, people }: Stage, { dueAtMs }: LostAlarm): boolean => {
  const refreshed = world.ims.ledger
    .snapshot()
    .refreshTokens.filter(({ user, issuedAtMs }) => user === people.strictIdler.key && issuedAtMs >= dueAtMs);
  const lateMs = Math.min(...refreshed.map(({ issuedAtMs }) => issuedAtMs)) - dueAtMs;
  const found = lateMs <= FOUND_WITHIN_MS;
  transcript.title(`What became of ${people.strictIdler.name}'s lost alarm`);
  transcript.expect(
    `the guard found it: IMS gave a new refresh token ${(lateMs / HOUR_MS).toFixed(1)} hours after the alarm should have rung`,
    found,
  );
  return found;
};
