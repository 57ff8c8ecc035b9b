import { describe, expect, it } from 'vitest';
import { httpDateMs, isoTime, plausibleMs, rfc3339Ms } from '../../../functions/core/moment.ts';

const MOMENT_MS = Date.UTC(2026, 0, 20, 8, 49, 37);

describe('A date-time of RFC 3339', () => {
  it.each<[string, number]>([
    ['2026-01-20T08:49:37Z', 0],
    ['2026-01-20t08:49:37z', 0],
    ['2026-01-20T13:49:37+05:00', 0],
    ['2026-01-20T14:19:37+05:30', 0],
    ['2026-01-19T22:49:37-10:00', 0],
    ['2026-01-20T08:49:37-00:00', 0],
    ['2026-01-20T08:49:37.5Z', 500],
    ['2026-01-20T08:49:37.123456789Z', 123],
  ])('%s is one moment', (text, fractionMs) => {
    expect(rfc3339Ms(text)).toBe(MOMENT_MS + fractionMs);
  });

  it.each([
    ['has half an offset', '2026-01-20T00:00:00+05'],
    ['has half an offset to the west', '2026-01-20T00:00:00-08'],
    ['has an offset without a colon', '2026-01-20T00:00:00+0530'],
    ['has an offset of more than a day', '2026-01-20T00:00:00+24:00'],
    ['has an offset of more minutes than an hour', '2026-01-20T00:00:00+05:60'],
    ['has no zone', '2026-01-20T00:00:00'],
    ['has a zone by name', '2026-01-20T00:00:00 GMT'],
    ['has a blank for the T', '2026-01-20 00:00:00Z'],
    ['has no seconds', '2026-01-20T00:00Z'],
    ['has no time', '2026-01-20'],
    ['has a day the month lacks', '2026-02-30T00:00:00Z'],
    ['has a day the year lacks', '2026-02-29T00:00:00Z'],
    ['has a month the year lacks', '2026-13-01T00:00:00Z'],
    ['has an hour the day lacks', '2026-01-20T24:00:00Z'],
    ['has a second the minute lacks', '2026-01-20T00:00:60Z'],
    ['has a sign before the year', '+002026-01-20T00:00:00Z'],
    ['has a comma for the point', '2026-01-20T00:00:00,5Z'],
    ['has a line after it', '2026-01-20T00:00:00Z\n'],
    ['has a blank before it', ' 2026-01-20T00:00:00Z'],
    ['stands for unknown', '0001-01-01T00:00:00Z'],
    ['stands for the epoch', '1970-01-01T00:00:00Z'],
    ['stands for never', '9999-12-31T23:59:59Z'],
    ['is a number of milliseconds', '1768898977000'],
    ['is a number of seconds', '1768898977'],
    ['is a week date', '2026-W04-2T00:00:00Z'],
    ['is an HTTP date', 'Tue, 20 Jan 2026 08:49:37 GMT'],
    ['is empty', ''],
  ])('is not a text that %s', (_, text) => {
    expect(rfc3339Ms(text)).toBeUndefined();
  });
});

describe('An HTTP date', () => {
  it.each([
    'Tue, 20 Jan 2026 08:49:37 GMT',
    'Tue, 20 Jan 2026 08:49:37 UTC',
    'Tuesday, 20-Jan-26 08:49:37 GMT',
    'Tue Jan 20 08:49:37 2026',
    ' Tue, 20 Jan 2026 08:49:37 GMT ',
  ])('%s is one moment, whatever zone this process is in', (text) => {
    expect(httpDateMs(text)).toBe(MOMENT_MS);
  });

  it('of one digit for the day is read with a blank before it', () => {
    expect(httpDateMs('Sun Feb  1 00:00:00 2026')).toBe(Date.UTC(2026, 1, 1));
  });

  it.each([
    'soon',
    'a 1',
    'in 5 minutes',
    '5 May',
    'Tue, 20 Jan 2026 08:49:37',
    'Tue, 20 Jan 2026 08:49:37 PST',
    'Tue, 20 Jan 2026 08:49:37 +0530',
    'Tue, 31 Feb 2026 08:49:37 GMT',
    'Tue, 20 Foo 2026 08:49:37 GMT',
    'Sunday, 06-Nov-94 08:49:37 GMT',
    'Fri, 31 Dec 9999 23:59:59 GMT',
    '2026-01-20T08:49:37Z',
    '1768898977',
    '',
  ])('is not "%s"', (text) => {
    expect(httpDateMs(text)).toBeUndefined();
  });
});

describe('A moment', () => {
  it.each([Number.NaN, Number.POSITIVE_INFINITY, -1, 0, 1_768_898_977, 1.768e15, 8.65e15, undefined])(
    'of %s milliseconds is a misreading',
    (epochMs) => expect(plausibleMs(epochMs)).toBeUndefined(),
  );

  it.each<[number, string]>([
    [MOMENT_MS, '2026-01-20T08:49:37.000Z'],
    [1.768e15, '9999-12-31T23:59:59.999Z'],
    [Number.MAX_SAFE_INTEGER, '9999-12-31T23:59:59.999Z'],
    [Number.POSITIVE_INFINITY, '9999-12-31T23:59:59.999Z'],
    [-1, '1970-01-01T00:00:00.000Z'],
  ])('of %d milliseconds can be written', (epochMs, expected) => {
    expect(isoTime(epochMs)).toBe(expected);
  });
});
