import { expect, test } from 'vitest';
import { html, versionOf } from '../../../local/demo/app/html.ts';
import { dateAndTime, distance, hoursUntil } from '../../../local/demo/app/moments.ts';
import { portsFrom } from '../../../local/demo/ports.ts';

const HOUR_MS = 3_600_000;
const nowMs = Date.UTC(2026, 10, 22, 3, 45);

test('parts of a page are escaped unless they are HTML themselves', () => {
  const name = '<script>"&\'';
  expect(html`<p>${name}${html`<b>${1}</b>`}${undefined}${[html`<i></i>`]}</p>`.html).toBe(
    '<p>&lt;script&gt;&quot;&amp;&#39;<b>1</b><i></i></p>',
  );
});

test('the version of a part changes with its content', () => {
  expect(versionOf(html`<p>a</p>`)).toBe(versionOf(html`<p>${'a'}</p>`));
  expect(versionOf(html`<p>a</p>`)).not.toBe(versionOf(html`<p>b</p>`));
});

test('moments are shown in UTC, with their distance from now', () => {
  expect(dateAndTime(nowMs)).toBe('Sun, 22 Nov 2026, 03:45 UTC');
  expect(distance(nowMs + 49 * HOUR_MS, nowMs)).toBe('in 2 days 1 hour');
  expect(distance(nowMs - 2 * HOUR_MS, nowMs)).toBe('2 hours ago');
  expect(distance(nowMs, nowMs)).toBe('in less than an hour');
  expect(hoursUntil(nowMs - HOUR_MS, nowMs)).toBe(0);
});

test('the page has the port asked for, everything else the ports after it', () => {
  expect(portsFrom(undefined)).toEqual({ page: 4400, vault: 4401, ims: 4402, lightroom: 4403 });
  expect(portsFrom('5400').lightroom).toBe(5403);
  for (const text of ['0', '-1', '80.5', 'x', '65533']) expect(() => portsFrom(text)).toThrow('PORT must be');
});
