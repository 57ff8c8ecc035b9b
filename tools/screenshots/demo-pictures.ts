import type { Browser, Page } from 'playwright-core';
import type { DemoWorld } from '../../local/demo/world/demo-world.ts';

const DESK = { width: 1180, height: 800 };
const PHONE = { width: 390, height: 844 };

/** The demo after a good week, as the README shows it. */
export async function takeDemoPictures(browser: Browser, world: DemoWorld, docs: string): Promise<void> {
  const page = await browser.newPage({ viewport: DESK, reducedMotion: 'reduce' });
  await page.goto(world.app.url());
  await page.getByRole('link', { name: 'Sign in with Adobe' }).first().click();
  await page.getByLabel('Alice Example').check();
  await page.getByRole('button', { name: 'Allow access' }).click();
  await press(page, 'Read my Lightroom catalog', 'Summer and Portfolio');
  await press(page, 'Pass a week', 'A week has passed');
  await press(page, 'Pass a day', 'A day has passed');
  await press(page, 'Read my Lightroom catalog', 'Summer and Portfolio');

  await page.screenshot({ path: `${docs}/images/demo.png` });
  await page.emulateMedia({ colorScheme: 'dark' });
  await page.screenshot({ path: `${docs}/images/demo-dark.png` });
  await page.setViewportSize(PHONE);
  await page.screenshot({ path: `${docs}/images/demo-phone.png` });
  await page.close();
}

async function press(page: Page, name: string, notice: string): Promise<void> {
  await page.getByRole('button', { name }).click();
  await page.locator('#notice', { hasText: notice }).waitFor();
  await page.locator('body:not([aria-busy="true"])').waitFor();
  await page.mouse.move(0, 0);
}
