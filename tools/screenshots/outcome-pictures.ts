import type { Browser } from 'playwright-core';
import { OUTCOMES, outcomeUrl, serveOutcomePages } from '../../test/support/pages/rendered-pages.ts';
import { type Picture, pictureOf } from './pages-page.ts';

const VIEWS: Readonly<Record<Picture, { width: number; height: number; colorScheme: 'light' | 'dark' }>> = {
  light: { width: 680, height: 440, colorScheme: 'light' },
  dark: { width: 680, height: 440, colorScheme: 'dark' },
  phone: { width: 390, height: 640, colorScheme: 'light' },
};

/** Every page of the vault, as `docs/generated/pages.md` shows it. */
export async function takeOutcomePictures(browser: Browser, docs: string): Promise<void> {
  const page = await browser.newPage({ locale: 'en' });
  await serveOutcomePages(page);
  for (const picture of Object.keys(VIEWS) as Picture[]) {
    const { colorScheme, ...size } = VIEWS[picture];
    await page.setViewportSize(size);
    await page.emulateMedia({ colorScheme });
    for (const kind of OUTCOMES) {
      await page.goto(outcomeUrl(kind));
      await page.screenshot({ path: `${docs}/${pictureOf(kind, picture)}`, fullPage: true });
    }
  }
  await page.close();
}
