import { describe, expect, it } from 'vitest';
import { PAGE_TEXTS, type PageLanguage } from '../../../functions/adapters/http/page-language.ts';

const LANGUAGES = Object.keys(PAGE_TEXTS) as PageLanguage[];

/** Every text of a language by its place, such as `outcomes.declined.title`. */
function textsOf(value: object, place = ''): ReadonlyMap<string, string> {
  const entries = Object.entries(value).flatMap(([name, part]: [string, unknown]) =>
    typeof part === 'string'
      ? [[`${place}${name}`, part] as const]
      : [...textsOf(Object(part), `${place}${name}.`)],
  );
  return new Map(entries);
}

const english = textsOf(PAGE_TEXTS.en);

describe('the texts', () => {
  it('exist in English, German, French and Japanese', () => {
    expect(LANGUAGES).toEqual(expect.arrayContaining(['en', 'de', 'fr', 'ja']));
  });

  it.each(LANGUAGES)('in %s are all there, whole and plain', (language) => {
    const texts = textsOf(PAGE_TEXTS[language]);
    expect([...texts.keys()].sort()).toEqual([...english.keys()].sort());
    for (const [place, text] of texts) {
      expect(text, place).toBe(text.trim());
      expect(text.length, place).toBeGreaterThan(2);
      expect(text, place).not.toMatch(/[<>{}\n\t]| {2}/);
      if (/happened|next/.test(place)) expect(text, place).toMatch(/[.。]$/);
    }
  });

  it.each(LANGUAGES)('in %s name each outcome apart from the others', (language) => {
    const titles = Object.values(PAGE_TEXTS[language].outcomes).map(({ title }) => title);
    expect(new Set(titles).size).toBe(titles.length);
  });

  it.each(LANGUAGES.filter((language) => language !== 'en'))('in %s are translated', (language) => {
    const same = [...textsOf(PAGE_TEXTS[language])].filter(([place, text]) => text === english.get(place));
    expect(same).toEqual([]);
  });
});
