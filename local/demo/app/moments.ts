const HOUR_MS = 3_600_000;

const formatter = (options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat =>
  new Intl.DateTimeFormat('en-GB', { ...options, timeZone: 'UTC' });

const TIME = formatter({ hour: '2-digit', minute: '2-digit' });
const DATE = formatter({ weekday: 'short', day: 'numeric', month: 'short', year: 'numeric' });
const DAY = formatter({ day: 'numeric', month: 'short' });

/** `03:45` */
export const timeOfDay = (atMs: number): string => TIME.format(atMs);

/** `Sun, 22 Nov 2026` */
export const date = (atMs: number): string => DATE.format(atMs);

/** `Sun, 22 Nov 2026, 03:45 UTC` */
export const dateAndTime = (atMs: number): string => `${date(atMs)}, ${timeOfDay(atMs)} UTC`;

/** `22 Nov, 03:45`, where the year and UTC are understood. */
export const shortMoment = (atMs: number): string => `${DAY.format(atMs)}, ${timeOfDay(atMs)}`;

/** `in 6 days 20 hours`, `3 hours ago` */
export const distance = (atMs: number, nowMs: number): string => {
  const hours = Math.round(Math.abs(atMs - nowMs) / HOUR_MS);
  const [days, rest] = [Math.floor(hours / 24), hours % 24];
  const parts = [counted(days, 'day'), counted(rest, 'hour')].filter((part) => part !== '');
  const text = parts.join(' ') || 'less than an hour';
  return atMs >= nowMs ? `in ${text}` : `${text} ago`;
};

export const hoursUntil = (atMs: number, nowMs: number): number =>
  Math.max(0, Math.floor((atMs - nowMs) / HOUR_MS));

const counted = (count: number, unit: string): string =>
  count === 0 ? '' : `${count} ${unit}${count === 1 ? '' : 's'}`;
