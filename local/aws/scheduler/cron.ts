/** Days that a schedule may lie ahead before it counts as one that never comes. */
const HORIZON_DAYS = 366 * 5;
const DAY_MS = 86_400_000;

export interface Cron {
  /** The first matching minute not before the given time, or undefined when none comes within five years. */
  nextFromMs(fromMs: number): number | undefined;
}

const MONTHS = 'JAN FEB MAR APR MAY JUN JUL AUG SEP OCT NOV DEC'.split(' ');
const WEEKDAYS = 'SUN MON TUE WED THU FRI SAT'.split(' ');

/**
 * Six fields: minutes, hours, day of month, month, day of week, year; in UTC. One of the two day fields is `?`.
 * The `L`, `W` and `#` forms of AWS are not known here. Undefined when the text is not such an expression.
 * @see https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html#cron-based
 */
export function parseCron(text: string): Cron | undefined {
  const fields = text.trim().split(/\s+/);
  const [minute = '', hour = '', dayOfMonth = '', month = '', dayOfWeek = '', year = ''] = fields;
  if (fields.length !== 6 || (dayOfMonth === '?') === (dayOfWeek === '?')) return undefined;
  const minutes = parseField(minute, 0, 59);
  const hours = parseField(hour, 0, 23);
  const daysOfMonth = parseField(dayOfMonth === '?' ? '*' : dayOfMonth, 1, 31);
  const months = parseField(month, 1, 12, MONTHS);
  const daysOfWeek = parseField(dayOfWeek === '?' ? '*' : dayOfWeek, 1, 7, WEEKDAYS);
  const years = parseField(year, 1970, 2199);
  if (!minutes || !hours || !daysOfMonth || !months || !daysOfWeek || !years) return undefined;

  const dayMatches = (date: Date) =>
    daysOfMonth.has(date.getUTCDate()) &&
    months.has(date.getUTCMonth() + 1) &&
    daysOfWeek.has(date.getUTCDay() + 1) &&
    years.has(date.getUTCFullYear());
  const timesOfDayMs = [...hours].flatMap((h) => [...minutes].map((m) => (h * 60 + m) * 60_000));

  return {
    nextFromMs(fromMs) {
      const firstDayMs = Math.floor(fromMs / DAY_MS) * DAY_MS;
      for (let day = 0; day <= HORIZON_DAYS; day += 1) {
        const dayMs = firstDayMs + day * DAY_MS;
        if (!dayMatches(new Date(dayMs))) continue;
        const atMs = timesOfDayMs.find((timeMs) => dayMs + timeMs >= fromMs);
        if (atMs !== undefined) return dayMs + atMs;
      }
      return undefined;
    },
  };
}

/** The values of one field in ascending order: `*`, `5`, `1-5`, `0/15`, `MON-FRI`, and lists of these. */
function parseField(text: string, min: number, max: number, names: string[] = []): Set<number> | undefined {
  const values = new Set<number>();
  for (const part of text.split(',')) {
    const found = part.match(/^(?:\*|(\w+)(?:-(\w+))?)(?:\/(\d+))?$/);
    if (!found) return undefined;
    const [, low, high, step] = found;
    const from = low === undefined ? min : fieldValue(low, names);
    const to =
      high === undefined ? (low === undefined || step !== undefined ? max : from) : fieldValue(high, names);
    if (!(from >= min && to <= max && from <= to && step !== '0')) return undefined;
    for (let value = from; value <= to; value += Number(step ?? 1)) values.add(value);
  }
  return new Set([...values].sort((a, b) => a - b));
}

function fieldValue(text: string, names: string[]): number {
  return names.includes(text.toUpperCase()) ? names.indexOf(text.toUpperCase()) + 1 : Number(text);
}
