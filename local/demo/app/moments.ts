const HOUR_MS = 3_600_000;

function formatter(options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  return new Intl.DateTimeFormat('en-GB', { ...options, timeZone: 'UTC' });
}

const TIME = formatter({ hour: '2-digit', minute: '2-digit' });
const DATE = formatter({ weekday: 'short', day: 'numeric', month: 'short', year: 'numeric' });
const DAY = formatter({ day: 'numeric', month: 'short' });

/** `03:45` */
export function timeOfDay(atMs: number): string {
  return TIME.format(atMs);
}

/** `Sun, 22 Nov 2026` */
export function date(atMs: number): string {
  return DATE.format(atMs);
}

/** `Sun, 22 Nov 2026, 03:45 UTC` */
export function dateAndTime(atMs: number): string {
  return `${date(atMs)}, ${timeOfDay(atMs)} UTC`;
}

/** `22 Nov, 03:45`, where the year and UTC are understood. */
export function shortMoment(atMs: number): string {
  return `${DAY.format(atMs)}, ${timeOfDay(atMs)}`;
}

/** `in 6 days 20 hours`, `3 hours ago` */
export function distance(atMs: number, nowMs: number): string {
  const hours = Math.round(Math.abs(atMs - nowMs) / HOUR_MS);
  const [days, rest] = [Math.floor(hours / 24), hours % 24];
  const parts = [counted(days, 'day'), counted(rest, 'hour')].filter((part) => part !== '');
  const text = parts.join(' ') || 'less than an hour';
  return atMs >= nowMs ? `in ${text}` : `${text} ago`;
}

export function hoursUntil(atMs: number, nowMs: number): number {
  return Math.max(0, Math.floor((atMs - nowMs) / HOUR_MS));
}

function counted(count: number, unit: string): string {
  return count === 0 ? '' : `${count} ${unit}${count === 1 ? '' : 's'}`;
}
