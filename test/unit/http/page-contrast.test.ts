import { describe, expect, it } from 'vitest';
import { PAGE_PALETTES, type PagePalette } from '../../../functions/adapters/http/page-style.ts';

type Colour = keyof PagePalette;

/** @see https://www.w3.org/TR/WCAG22/#dfn-relative-luminance */
function luminance(hex: string): number {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5]
    .map((at) => Number.parseInt(hex.slice(at, at + 2), 16) / 255)
    .map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4));
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

/** @see https://www.w3.org/TR/WCAG22/#dfn-contrast-ratio */
function contrast(one: string, other: string): number {
  const [darker = 0, lighter = 0] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (lighter + 0.05) / (darker + 0.05);
}

const TEXT: readonly [Colour, Colour][] = [
  ['ink', 'card'],
  ['ink', 'paper'],
  ['muted', 'card'],
  ['accent', 'card'],
  ['onAccent', 'accent'],
];
const SIGNS: readonly [Colour, Colour][] = [
  ['success', 'card'],
  ['notice', 'card'],
  ['trouble', 'card'],
  ['accent', 'card'],
];

it('black on white has the contrast WCAG names', () => {
  expect(contrast('#000000', '#ffffff')).toBeCloseTo(21);
});

describe.each(['light', 'dark'] as const)('in %s colours', (scheme) => {
  const palette = PAGE_PALETTES[scheme];

  it.each(TEXT)('text in %s on %s can be read (WCAG 2.2 §1.4.3)', (text, ground) => {
    expect(contrast(palette[text], palette[ground])).toBeGreaterThanOrEqual(4.5);
  });

  it.each(SIGNS)('a sign in %s on %s can be seen (WCAG 2.2 §1.4.11)', (sign, ground) => {
    expect(contrast(palette[sign], palette[ground])).toBeGreaterThanOrEqual(3);
  });
});
