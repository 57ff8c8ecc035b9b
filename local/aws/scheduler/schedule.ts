import { createHash } from 'node:crypto';
import { AwsServiceError } from '../protocols.ts';
import { parseScheduleExpression, type Recurrence } from './schedule-expression.ts';

/** The request members of CreateSchedule and UpdateSchedule; dates are epoch seconds, as on the wire. */
export interface ScheduleDefinition {
  ScheduleExpression: string;
  ScheduleExpressionTimezone?: string;
  StartDate?: number;
  EndDate?: number;
  Description?: string;
  State?: 'ENABLED' | 'DISABLED';
  ActionAfterCompletion?: 'NONE' | 'DELETE';
  FlexibleTimeWindow: { Mode: 'OFF' | 'FLEXIBLE'; MaximumWindowInMinutes?: number };
  Target: {
    Arn: string;
    RoleArn: string;
    Input?: string;
    RetryPolicy?: { MaximumRetryAttempts?: number; MaximumEventAgeInSeconds?: number };
    DeadLetterConfig?: { Arn?: string };
  };
}

export interface Schedule {
  arn: string;
  groupName: string;
  name: string;
  definition: ScheduleDefinition;
  recurrence: Recurrence;
  createdAtMs: number;
  modifiedAtMs: number;
  clientToken: string | undefined;
  /** The occurrence that comes next, and when it fires inside its flexible window. */
  next: { scheduledAtMs: number; dueAtMs: number } | undefined;
}

/** The largest payload that Lambda takes for an asynchronous invocation. */
const MAX_INPUT_BYTES = 262_144;
const MAX_PAST_START_MS = 5 * 60_000;

/** @throws AwsServiceError ValidationException */
export function validateDefinition(definition: ScheduleDefinition, nowMs: number): Recurrence {
  const { Target, FlexibleTimeWindow: window, StartDate, EndDate } = definition;
  const recurrence = parseScheduleExpression(definition.ScheduleExpression ?? '');
  if (!recurrence) throw invalid(`Invalid Schedule Expression ${definition.ScheduleExpression}.`);
  if ((definition.ScheduleExpressionTimezone ?? 'UTC') !== 'UTC') throw invalid('expected the time zone UTC');
  if (!Target?.Arn || !Target.RoleArn) throw invalid("'target' must have an Arn and a RoleArn");
  if (!/^arn:[^:]+:(lambda|sqs):/.test(Target.Arn))
    throw invalid('expected a Lambda function or an SQS queue');
  if (Buffer.byteLength(Target.Input ?? '') > MAX_INPUT_BYTES) throw invalid("'target.input' is too long");
  if (Target.Input === '') throw invalid("'target.input' must have length at least 1");
  const retries = Target.RetryPolicy?.MaximumRetryAttempts ?? 0;
  const ageSeconds = Target.RetryPolicy?.MaximumEventAgeInSeconds ?? 60;
  if (retries < 0 || retries > 185) throw invalid("'maximumRetryAttempts' must be between 0 and 185");
  if (ageSeconds < 60 || ageSeconds > 86_400)
    throw invalid("'maximumEventAgeInSeconds' must be between 60 and 86400");
  if (!windowIsValid(window))
    throw invalid("'flexibleTimeWindow' must be OFF, or FLEXIBLE with 1 to 1440 minutes");
  if ((definition.Description?.length ?? 0) > 512)
    throw invalid("'description' must have length at most 512");
  if (!recurrence.once && StartDate !== undefined && StartDate * 1000 < nowMs - MAX_PAST_START_MS) {
    throw invalid('The StartDate you specify cannot be earlier than 5 minutes ago.');
  }
  if (
    !recurrence.once &&
    EndDate !== undefined &&
    EndDate * 1000 < Math.max(nowMs, (StartDate ?? 0) * 1000)
  ) {
    throw invalid('The EndDate you specify must be in the future and after the StartDate.');
  }
  return recurrence;
}

/** Sets what fires next, not before the given time. */
export function scheduleFrom(schedule: Schedule, fromMs: number): void {
  const { definition, recurrence } = schedule;
  schedule.next = undefined;
  const startMs = definition.StartDate === undefined ? schedule.modifiedAtMs : definition.StartDate * 1000;
  const scheduledAtMs = recurrence.nextFromMs(fromMs, startMs);
  if (scheduledAtMs === undefined) return;
  // One-time schedules ignore both dates.
  if (!recurrence.once && scheduledAtMs > (definition.EndDate ?? Number.POSITIVE_INFINITY) * 1000) return;
  schedule.next = { scheduledAtMs, dueAtMs: scheduledAtMs + windowOffsetMs(schedule, scheduledAtMs) };
}

/** AWS picks a moment inside the window; here the same one every time. */
function windowOffsetMs({ arn, definition }: Schedule, scheduledAtMs: number): number {
  const { Mode, MaximumWindowInMinutes = 0 } = definition.FlexibleTimeWindow;
  if (Mode === 'OFF') return 0;
  const hash = createHash('sha256').update(`${arn} ${scheduledAtMs}`).digest().readUInt32BE(0);
  return Math.floor((hash / 2 ** 32) * MaximumWindowInMinutes * 60) * 1000;
}

function windowIsValid(window: ScheduleDefinition['FlexibleTimeWindow'] | undefined): boolean {
  if (window?.Mode === 'OFF') return window.MaximumWindowInMinutes === undefined;
  const minutes = window?.MaximumWindowInMinutes ?? 0;
  return window?.Mode === 'FLEXIBLE' && minutes >= 1 && minutes <= 1440;
}

function invalid(message: string) {
  return new AwsServiceError('ValidationException', message);
}
