import { randomUUID } from 'node:crypto';
import { type Schedule, type ScheduleDefinition, scheduleFrom } from './schedule.ts';
import type { ScheduleBook } from './schedule-book.ts';
import { type Deliverer, fillInput, type ScheduleDelivery } from './schedule-delivery.ts';

const DEFAULT_MAX_RETRIES = 185;
const DEFAULT_MAX_AGE_SECONDS = 86_400;
const FIRST_BACKOFF_MS = 30_000;
const MAX_BACKOFF_MS = 480_000;
/** Deliveries that run at the same time. */
const CONCURRENCY = 16;

export interface ScheduleRunner {
  /** When something fires next, or undefined when nothing ever will. May lie in the past. */
  nextDueAtMs(): number | undefined;
  /** The same, of one-time schedules and of deliveries that are tried again. */
  nextOneTimeDueAtMs(): number | undefined;
  /** Fires everything due, earliest first, and waits for the deliveries. Failed ones become due again later. */
  fireDue(nowMs: number): Promise<void>;
  /** Deliveries given up that no dead-letter queue took. */
  lost(): ScheduleDelivery[];
}

/** One occurrence on its way to the target. */
interface Execution {
  schedule: Schedule;
  /** As it was when the occurrence came. */
  target: ScheduleDefinition['Target'];
  scheduledAtMs: number;
  executionId: string;
  firstAttemptAtMs: number;
  attempt: number;
  dueAtMs: number;
}

export function createScheduleRunner(book: ScheduleBook, deliverer: Deliverer): ScheduleRunner {
  let retries: Execution[] = [];
  const lost: ScheduleDelivery[] = [];

  const attempt = async (execution: Execution, nowMs: number): Promise<void> => {
    const { schedule, target } = execution;
    const delivery = deliveryOf(execution);
    const outcome = await deliverer.attempt(delivery);
    if (outcome.delivered) return completed(schedule);
    const exhausted = outcome.final ? 'NotRetryable' : exhaustedCondition(execution, nowMs);
    if (exhausted === undefined) {
      retries.push({
        ...execution,
        attempt: execution.attempt + 1,
        dueAtMs: nowMs + backoffMs(execution.attempt),
      });
      return;
    }
    if (!deliverer.sendToDeadLetterQueue(delivery, target, { ...outcome, exhausted })) lost.push(delivery);
    completed(schedule);
  };

  /** After the last occurrence has been dealt with, ActionAfterCompletion takes effect. */
  const completed = (schedule: Schedule): void => {
    const another = schedule.next !== undefined || retries.some((r) => r.schedule === schedule);
    if (!another && schedule.definition.ActionAfterCompletion === 'DELETE') book.remove(schedule);
  };

  const nextDueAtMsOf = (isMeant: (schedule: Schedule) => boolean): number | undefined => {
    let earliestMs = Number.POSITIVE_INFINITY;
    for (const { dueAtMs } of retries) earliestMs = Math.min(earliestMs, dueAtMs);
    for (const schedule of book.each()) {
      if (isMeant(schedule)) earliestMs = Math.min(earliestMs, schedule.next?.dueAtMs ?? earliestMs);
    }
    return Number.isFinite(earliestMs) ? earliestMs : undefined;
  };

  return {
    lost: () => [...lost],
    nextDueAtMs: () => nextDueAtMsOf(isEnabled),
    nextOneTimeDueAtMs: () => nextDueAtMsOf((schedule) => isEnabled(schedule) && schedule.recurrence.once),
    async fireDue(nowMs) {
      const occurrences: Execution[] = [];
      for (const schedule of book.each()) {
        if (isEnabled(schedule)) occurrences.push(...takeOccurrence(schedule, nowMs));
      }
      const again = retries.filter((r) => r.dueAtMs <= nowMs);
      retries = retries.filter((r) => r.dueAtMs > nowMs);
      const due = [...occurrences, ...again].sort(byDueTime);
      const workers = Array.from({ length: CONCURRENCY }, async () => {
        for (let next = due.shift(); next !== undefined; next = due.shift()) await attempt(next, nowMs);
      });
      await Promise.all(workers);
    },
  };
}

function isEnabled(schedule: Schedule) {
  return schedule.definition.State !== 'DISABLED';
}

function byDueTime(a: Execution, b: Execution) {
  return a.dueAtMs - b.dueAtMs || (a.schedule.arn < b.schedule.arn ? -1 : 1);
}

/** Occurrences missed by a jump of the clock count as one. */
function takeOccurrence(schedule: Schedule, nowMs: number): Execution[] {
  const { next } = schedule;
  if (next === undefined || next.dueAtMs > nowMs) return [];
  if (schedule.recurrence.once) schedule.next = undefined;
  else scheduleFrom(schedule, Math.max(nowMs, next.scheduledAtMs) + 1);
  return [
    {
      schedule,
      target: schedule.definition.Target,
      scheduledAtMs: next.scheduledAtMs,
      executionId: randomUUID(),
      firstAttemptAtMs: nowMs,
      attempt: 1,
      dueAtMs: next.dueAtMs,
    },
  ];
}

function deliveryOf({ schedule, target, scheduledAtMs, executionId, attempt }: Execution): ScheduleDelivery {
  const identity = { scheduleArn: schedule.arn, scheduledAtMs, executionId, attempt };
  return {
    ...identity,
    groupName: schedule.groupName,
    name: schedule.name,
    targetArn: target.Arn,
    roleArn: target.RoleArn,
    input: fillInput(target.Input ?? '{}', identity),
  };
}

function exhaustedCondition(
  { target, attempt, firstAttemptAtMs }: Execution,
  nowMs: number,
): string | undefined {
  const { MaximumRetryAttempts, MaximumEventAgeInSeconds } = target.RetryPolicy ?? {};
  if (attempt > (MaximumRetryAttempts ?? DEFAULT_MAX_RETRIES)) return 'MaximumRetryAttempts';
  const ageMs = nowMs + backoffMs(attempt) - firstAttemptAtMs;
  return ageMs > (MaximumEventAgeInSeconds ?? DEFAULT_MAX_AGE_SECONDS) * 1000
    ? 'MaximumEventAgeInSeconds'
    : undefined;
}

function backoffMs(attempt: number) {
  return Math.min(MAX_BACKOFF_MS, FIRST_BACKOFF_MS * 2 ** (attempt - 1));
}
