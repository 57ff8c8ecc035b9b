import { describe, expect, it } from 'vitest';
import { preferredLanguage } from '../../../functions/adapters/http/page-language.ts';

describe('the language of a page', () => {
  it.each([
    [undefined, 'en'],
    ['', 'en'],
    ['de', 'de'],
    ['DE', 'de'],
    ['de-AT', 'de'],
    ['de-CH-1996', 'de'],
    ['ja-JP', 'ja'],
    ['fr-CH, fr;q=0.9, en;q=0.8, de;q=0.7, *;q=0.5', 'fr'],
    ['en;q=0.5, de;q=0.9', 'de'],
    ['de;q=0.5, fr;q=0.5', 'de'],
    ['pt-BR, pt;q=0.9, ja;q=0.4', 'ja'],
    ['zh-Hant-TW', 'en'],
    ['de ; q = 0.8 , fr ; q=0.9', 'fr'],
    ['*', 'en'],
    ['*, en;q=0', 'de'],
    ['en;q=0, pt', 'en'],
    ['de;q=0, de-AT', 'en'],
    ['fr;q=0.000, ja;q=0.001', 'ja'],
  ])('for %j is %s', (header, language) => {
    expect(preferredLanguage(header)).toBe(language);
  });

  it.each([
    'de;q=1.5',
    'de;q=-1',
    'de;q=abc',
    'de;level=1',
    'de_DE',
    'd€',
    '-de',
    'constructor',
    '__proto__',
    'toString',
    ';q=1',
    ',,,',
    `${'x-'.repeat(4000)}de`,
    `${'pt,'.repeat(4000)}de`,
  ])('for %.40s, which is not understood, is English', (header) => {
    expect(preferredLanguage(header)).toBe('en');
  });
});
