import { expect, test } from 'vitest';
import { lifeLine } from '../../../local/demo/app/life-line.ts';

const DAY_MS = 86_400_000;
const life = { sinceMs: 0, endsOfLifeAtMs: 14 * DAY_MS, next: { label: 'next rotation', atMs: 7 * DAY_MS } };

test('the life of a refresh token is drawn to scale', () => {
  const { html } = lifeLine(life, 3.5 * DAY_MS);
  expect(html).toContain('<circle cx="25%"');
  expect(html).toContain('<rect class="left" x="25%" y="5" width="75%"');
  expect(html).toContain('<line x1="50%" x2="50%"');
  expect(html).toContain('class="life"');
});

test('what lies outside of it is drawn at its ends', () => {
  expect(lifeLine(life, 20 * DAY_MS).html).toContain('<circle cx="100%"');
  expect(lifeLine({ ...life, next: { label: 'next try', atMs: -DAY_MS } }, 0).html).toContain(
    '<line x1="0%"',
  );
  expect(lifeLine({ sinceMs: 5, endsOfLifeAtMs: 5 }, 5).html).toContain('<circle cx="0%"');
});

test('no label covers another one, and none sticks out', () => {
  const labelsOf = (atMs: number) =>
    [...lifeLine({ ...life, next: { label: 'next try', atMs } }, 0).html.matchAll(/<text[^>]*>([^<]*)/g)].map(
      ([, text]) => text,
    );
  expect(labelsOf(7 * DAY_MS)).toEqual(['next try', 'given', 'expiries']);
  expect(labelsOf(DAY_MS)).toEqual(['next try', 'expiries']);
  expect(labelsOf(13 * DAY_MS)).toEqual(['next try', 'given']);
  expect(lifeLine({ ...life, next: { label: 'next try', atMs: 0 } }, 0).html).toContain(
    'text-anchor="start"',
  );
});

test('its last three days look different', () => {
  expect(lifeLine(life, 11.5 * DAY_MS).html).toContain('class="life short"');
});
