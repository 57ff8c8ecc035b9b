const HOUR_MS = 3_600_000;

const FORMAT = new Intl.DateTimeFormat('en-GB', {
  weekday: 'short',
  day: 'numeric',
  month: 'short',
  year: 'numeric',
  hour: '2-digit',
  minute: '2-digit',
  timeZone: 'UTC',
});

/** `Sun, 22 Nov 2026, 03:45 UTC` */
export const dateAndTime = (atMs: number): string => `${FORMAT.format(atMs)} UTC`;

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
