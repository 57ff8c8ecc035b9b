/**
 * The moments that a text or a claim from outside can mean. Earlier, it is in another unit or a zero that stands for
 * "unknown"; later, it is in another unit or stands for "never". Either is a misreading, not an end of life.
 */
const EARLIEST_MS = Date.UTC(2010, 0);
const LATEST_MS = Date.UTC(2100, 0);
/** The last moment that RFC 3339 can write. */
const END_OF_CALENDAR_MS = Date.UTC(10_000, 0) - 1;
/** A year of two digits from here on is of the 20th century (RFC 9110 §5.6.7 leaves some room). */
const FIRST_YEAR_OF_1900 = 70;

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

const DATE_TIME =
  /^(?<date>\d{4}-\d\d-\d\d)[Tt](?<time>\d\d:\d\d:\d\d)(?<fraction>\.\d+)?(?:[Zz]|(?<sign>[+-])(?<hours>[01]\d|2[0-3]):(?<minutes>[0-5]\d))$/;

/** In this order: as it is sent today, and two older forms that a recipient has to accept. */
const HTTP_DATES = [
  /^[A-Z][a-z]{2}, (?<day>\d{1,2}) (?<month>[A-Z][a-z]{2}) (?<year>\d{4}) (?<time>\d\d:\d\d:\d\d) (?:GMT|UTC)$/,
  /^[A-Z][a-z]{5,8}, (?<day>\d\d)-(?<month>[A-Z][a-z]{2})-(?<year>\d\d) (?<time>\d\d:\d\d:\d\d) GMT$/,
  /^[A-Z][a-z]{2} (?<month>[A-Z][a-z]{2}) (?<day>[ \d]\d) (?<time>\d\d:\d\d:\d\d) (?<year>\d{4})$/,
];

/** Epoch milliseconds that a clock of our time can show; undefined for everything else. */
export function plausibleMs(epochMs: number | undefined): number | undefined {
  return epochMs !== undefined && epochMs >= EARLIEST_MS && epochMs < LATEST_MS ? epochMs : undefined;
}

/**
 * The moment that a complete date-time with an offset means; undefined for any other text, such as a time without a
 * zone, half an offset, or a day that the month does not have.
 * @see https://www.rfc-editor.org/rfc/rfc3339#section-5.6
 */
export function rfc3339Ms(text: string): number | undefined {
  const { date, time, fraction = '', sign, hours, minutes } = DATE_TIME.exec(text)?.groups ?? {};
  const wallMs = calendarMs(`${date}T${time}`);
  if (wallMs === undefined) return undefined;
  const offsetMs = sign === undefined ? 0 : (Number(hours) * 60 + Number(minutes)) * 60_000;
  const utcMs = sign === '-' ? wallMs + offsetMs : wallMs - offsetMs;
  return plausibleMs(utcMs + Math.floor(Number(`0${fraction}`) * 1_000));
}

/**
 * The moment that a `Date` or `Retry-After` header means; undefined for any other text.
 * @see https://www.rfc-editor.org/rfc/rfc9110#section-5.6.7
 */
export function httpDateMs(text: string): number | undefined {
  for (const form of HTTP_DATES) {
    const { day, month, year, time } = form.exec(text.trim())?.groups ?? {};
    if (day === undefined || month === undefined || year === undefined) continue;
    const date = [fourDigits(year), twoDigits(MONTHS.indexOf(month) + 1), twoDigits(Number(day))].join('-');
    return plausibleMs(calendarMs(`${date}T${time}`));
  }
  return undefined;
}

/**
 * ISO 8601, for an answer or an event. A number that is beyond the calendar is written as its end: one bad row spoils
 * no list.
 */
export function isoTime(epochMs: number): string {
  return new Date(Math.min(Math.max(epochMs, 0), END_OF_CALENDAR_MS)).toISOString();
}

/** @param text `yyyy-MM-ddTHH:mm:ss`, of which `Date` would read the 30th of February as the 2nd of March */
function calendarMs(text: string): number | undefined {
  const epochMs = Date.parse(`${text}Z`);
  return Number.isFinite(epochMs) && new Date(epochMs).toISOString().startsWith(text) ? epochMs : undefined;
}

function fourDigits(year: string): string {
  if (year.length === 4) return year;
  return `${Number(year) >= FIRST_YEAR_OF_1900 ? '19' : '20'}${year}`;
}

const twoDigits = (value: number): string => String(value).padStart(2, '0');
