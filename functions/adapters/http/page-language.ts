import { GERMAN } from './page-texts/de.ts';
import { ENGLISH } from './page-texts/en.ts';
import { FRENCH } from './page-texts/fr.ts';
import { JAPANESE } from './page-texts/ja.ts';
import type { PageTexts } from './page-texts/page-texts.ts';

const FALLBACK: PageLanguage = 'en';
/** Browsers send far less than both limits. */
const MAX_LENGTH = 1000;
const MAX_RANGES = 32;
const RANGE =
  /^([A-Za-z]{1,8}(?:-[A-Za-z0-9]{1,8})*|\*)(?:\s*;\s*q\s*=\s*(0(?:\.\d{0,3})?|1(?:\.0{0,3})?))?$/i;

interface WeightedRange {
  readonly range: string;
  readonly weight: number;
}

/**
 * The language of a page that the browser prefers. A range with a region falls back to its language (`de-AT` to `de`). A range
 * that is not valid is ignored.
 * @see https://www.rfc-editor.org/rfc/rfc9110#section-12.5.4
 * @see https://www.rfc-editor.org/rfc/rfc4647#section-3.4
 */
export function preferredLanguage(acceptLanguage: string | undefined): PageLanguage {
  const ranges = weightedRanges(acceptLanguage ?? '');
  const refused = new Set(ranges.filter(({ weight }) => weight === 0).map(({ range }) => range));
  const accepted = ranges.filter(({ weight }) => weight > 0).sort((one, other) => other.weight - one.weight);
  for (const { range } of accepted) {
    const language = range === '*' ? anyBut(refused) : lookUp(range);
    if (language !== undefined && !refused.has(language)) return language;
  }
  return FALLBACK;
}

function weightedRanges(header: string): readonly WeightedRange[] {
  return header
    .slice(0, MAX_LENGTH)
    .split(',', MAX_RANGES)
    .map((part) => RANGE.exec(part.trim()))
    .filter((match) => match !== null)
    .map(([, range = '', weight = '1']) => ({ range: range.toLowerCase(), weight: Number(weight) }));
}

/** Lookup: shortens the range from its end until a language matches. */
function lookUp(range: string): PageLanguage | undefined {
  const subtags = range.split('-');
  while (subtags.length > 0) {
    const language = subtags.join('-');
    if (isPageLanguage(language)) return language;
    subtags.pop();
  }
  return undefined;
}

function anyBut(refused: ReadonlySet<string>): PageLanguage | undefined {
  return [FALLBACK, ...Object.keys(PAGE_TEXTS).filter(isPageLanguage)].find(
    (language) => !refused.has(language),
  );
}

function isPageLanguage(tag: string): tag is PageLanguage {
  return Object.hasOwn(PAGE_TEXTS, tag);
}

/** By BCP 47 language tag. A new language is a file in `page-texts/` and a line here. */
export const PAGE_TEXTS = {
  en: ENGLISH,
  de: GERMAN,
  fr: FRENCH,
  ja: JAPANESE,
} as const satisfies Readonly<Record<string, PageTexts>>;

export type PageLanguage = keyof typeof PAGE_TEXTS;
