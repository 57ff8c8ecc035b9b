import type { PublishedEvent } from '../../aws/event-bridge-service.ts';
import type { Schedule } from '../../aws/scheduler/schedule.ts';
import type { ImsStandIn } from '../../ims/ims-stand-in.ts';
import type { UserLedger } from '../../ims/ledger.ts';
import type { LocalStack } from '../../stack/local-stack.ts';
import { dateAndTime } from '../app/moments.ts';
import { ledgerChanges } from './ledger-changes.ts';
import type { Timeline } from './timeline.ts';

/** One-time schedules, as Scheduler itself saw them. */
export interface ScheduleCounts {
  readonly set: number;
  readonly gone: number;
}

/** Watches IMS, Scheduler and EventBridge, and adds what changed to the timeline. Calls no function. */
export interface WorldWatch {
  look(): void;
  schedules(): ScheduleCounts;
}

export interface WorldWatchDeps {
  readonly stack: Pick<LocalStack, 'events' | 'scheduler'>;
  readonly ims: Pick<ImsStandIn, 'ledger' | 'user'>;
  readonly timeline: Timeline;
}

export function createWorldWatch({ stack, ims, timeline }: WorldWatchDeps): WorldWatch {
  let ledgers: Record<string, UserLedger> = {};
  let schedules = new Map<string, Schedule>();
  let set = 0;
  let gone = 0;

  stack.events.subscribe((event) => timeline.add('vault', eventSentence(event)));

  const lookAtAdobe = (): void => {
    const { users } = ims.ledger.snapshot();
    for (const [key, after] of Object.entries(users)) {
      const name = key === 'unknown' ? 'an unknown user' : ims.user(key).givenName;
      for (const sentence of ledgerChanges(name, ledgers[key], after)) timeline.add('adobe', sentence);
    }
    ledgers = users;
  };

  const oneTimeSchedules = (): Map<string, Schedule> =>
    new Map(
      stack.scheduler
        .schedules()
        .flatMap((schedule) => (schedule.recurrence.once ? [[schedule.arn, schedule]] : [])),
    );

  return {
    look: () => {
      const now = oneTimeSchedules();
      // In the order in which one leads to the other.
      for (const arn of schedules.keys()) {
        if (now.has(arn)) continue;
        gone += 1;
        timeline.add('scheduler', 'fired a schedule, which starts the rotator.');
      }
      lookAtAdobe();
      for (const [arn, schedule] of now) {
        if (schedules.has(arn)) continue;
        set += 1;
        timeline.add('scheduler', `was given a schedule for ${whenOf(schedule)}.`);
      }
      schedules = now;
    },
    schedules: () => ({ set, gone }),
  };
}

function eventSentence(event: PublishedEvent): string {
  const detail = event.detail as { connectionId?: string };
  return `published “${event['detail-type']}” for ${detail.connectionId ?? 'a connection'}.`;
}

function whenOf({ next }: Schedule): string {
  return next === undefined ? 'now' : dateAndTime(next.dueAtMs);
}
