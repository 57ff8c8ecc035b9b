import type { PageTexts } from './page-text.ts';
import { GERMAN } from './page-texts-de.ts';
import { ENGLISH } from './page-texts-en.ts';
import { FRENCH } from './page-texts-fr.ts';
import { JAPANESE } from './page-texts-ja.ts';

/** By BCP 47 language tag. A new language is a file beside these and a line here. */
export const PAGE_TEXTS = {
  en: ENGLISH,
  de: GERMAN,
  fr: FRENCH,
  ja: JAPANESE,
} as const satisfies Readonly<Record<string, PageTexts>>;

export type PageLanguage = keyof typeof PAGE_TEXTS;
