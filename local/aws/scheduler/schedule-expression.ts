import { parseCron } from './cron.ts';

/** When a schedule fires, flexible window aside. */
export interface Recurrence {
  once: boolean;
  /** The first occurrence not before `fromMs`, counted from the start of the schedule. */
  nextFromMs(fromMs: number, startMs: number): number | undefined;
}

const UNITS_MS = { minute: 60_000, hour: 3_600_000, day: 86_400_000 };

/**
 * `at(…)`, `rate(…)` or `cron(…)`, in UTC; undefined for anything else.
 * @see https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html
 */
export function parseScheduleExpression(text: string): Recurrence | undefined {
  const [, kind, argument = ''] = text.match(/^(at|rate|cron)\((.*)\)$/) ?? [];
  if (kind === 'at') return parseAt(argument);
  if (kind === 'rate') return parseRate(argument);
  if (kind === 'cron') return parseCronRecurrence(argument);
  return undefined;
}

/** An occurrence in the past fires at once: AWS documents no refusal of it. */
function parseAt(text: string): Recurrence | undefined {
  if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d$/.test(text)) return undefined;
  const atMs = Date.parse(`${text}Z`);
  // The date must exist: JavaScript would read February 30 as March 2.
  if (Number.isNaN(atMs) || new Date(atMs).toISOString().slice(0, 19) !== text) return undefined;
  return { once: true, nextFromMs: () => atMs };
}

/** Without a start date the first occurrence is the creation itself. */
function parseRate(text: string): Recurrence | undefined {
  const [, count = '', unit] = text.match(/^([1-9]\d*) (minute|hour|day)s?$/) ?? [];
  if (unit !== 'minute' && unit !== 'hour' && unit !== 'day') return undefined;
  const everyMs = Number(count) * UNITS_MS[unit];
  return {
    once: false,
    nextFromMs: (fromMs, startMs) => startMs + Math.max(0, Math.ceil((fromMs - startMs) / everyMs)) * everyMs,
  };
}

function parseCronRecurrence(text: string): Recurrence | undefined {
  const cron = parseCron(text);
  return cron && { once: false, nextFromMs: (fromMs, startMs) => cron.nextFromMs(Math.max(fromMs, startMs)) };
}
