import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { PAGE_TEXTS, type PageLanguage } from '../../functions/adapters/http/page-language.ts';
import { violationsOn } from '../support/chromium/accessibility.ts';
import { openBrowser } from '../support/chromium/open-browser.ts';
import { OUTCOMES, outcomeUrl, serveOutcomePages } from '../support/pages/rendered-pages.ts';

/** WCAG 2.2 §1.4.10: no horizontal scrolling at this width. */
const NARROWEST = 320;
const LOCALES: Readonly<Record<PageLanguage, string>> = {
  en: 'en-GB',
  de: 'de-AT',
  fr: 'fr-CA',
  ja: 'ja-JP',
};

let browser: Browser;

beforeAll(async () => {
  browser = await openBrowser(inject('browserLaunch'));
});
afterAll(() => browser.close());

/** A browser with this language. `javaScriptEnabled` is only for axe: the pages have no script. */
async function open(locale: string): Promise<{ context: BrowserContext; page: Page; complaints: string[] }> {
  const context = await browser.newContext({ locale, viewport: { width: NARROWEST, height: 640 } });
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on('pageerror', ({ message }) => complaints.push(message));
  // A page that reports a problem has a status of 400 or more. Anything else on the console is a defect.
  page.on('console', (message) => {
    if (!message.text().startsWith('Failed to load resource')) complaints.push(message.text());
  });
  await serveOutcomePages(page);
  return { context, page, complaints };
}

describe('the pages of the vault, every outcome', () => {
  test.each(['light', 'dark'] as const)('are accessible in %s colours', async (colorScheme) => {
    const { context, page, complaints } = await open('en');
    await page.emulateMedia({ colorScheme });
    for (const kind of OUTCOMES) {
      await page.goto(outcomeUrl(kind));
      expect(await violationsOn(page), kind).toEqual([]);
    }
    expect(complaints).toEqual([]);
    await context.close();
  });

  test.each(Object.entries(LOCALES))(
    'speak the language of the browser: %s for %s',
    async (language, locale) => {
      const { context, page } = await open(locale);
      const texts = PAGE_TEXTS[language as PageLanguage].outcomes;
      for (const kind of OUTCOMES) {
        await page.goto(outcomeUrl(kind));
        expect(await page.locator('html').getAttribute('lang')).toBe(language);
        expect(await page.title()).toBe(`${texts[kind].title} – Darkroom Notes`);
        expect(await page.evaluate('document.documentElement.scrollWidth'), kind).toBeLessThanOrEqual(
          NARROWEST,
        );
      }
      expect(await violationsOn(page)).toEqual([]);
      await context.close();
    },
  );

  test('can be used by keyboard: a new sign-in, then help', async () => {
    const { context, page } = await open('en');
    await page.goto(outcomeUrl('declined'));
    for (const name of ['Sign in with Adobe again', 'Get help']) {
      await page.keyboard.press('Tab');
      expect(await page.locator('a:focus-visible').textContent()).toBe(name);
      expect(await page.evaluate('getComputedStyle(document.activeElement).outlineStyle')).toBe('solid');
    }
    await context.close();
  });

  test('load no other resource', async () => {
    const { context, page } = await open('en');
    const fetched: string[] = [];
    page.on('request', (request) => fetched.push(request.url()));
    for (const kind of OUTCOMES) await page.goto(outcomeUrl(kind));
    expect(fetched).toEqual(OUTCOMES.map(outcomeUrl));
    await context.close();
  });
});
