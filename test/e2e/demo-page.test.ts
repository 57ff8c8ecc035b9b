import type { Browser, BrowserContext, Locator, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, inject, test } from 'vitest';
import { type DemoWorld, startDemoWorld } from '../../local/demo/world/demo-world.ts';
import { violationsOn } from '../support/chromium/accessibility.ts';
import { openBrowser } from '../support/chromium/open-browser.ts';
import { STEP_HANGS_MS } from '../support/time/hangs.ts';
import { until } from '../support/time/until.ts';

/** Not a measure of speed: a week of schedules fires in one step, on a machine that may be busy. */
const DAY_MS = 86_400_000;
const TIMELINE = '#timeline';

let world: DemoWorld;
let browser: Browser;
let context: BrowserContext;
let page: Page;
let complaints: string[];

beforeAll(async () => {
  [world, browser] = await Promise.all([
    startDemoWorld({ cdkOut: inject('cdkOut'), tickMs: 0 }),
    openBrowser(inject('browserLaunch')),
  ]);
});

afterAll(async () => {
  await browser.close();
  await world.stop();
  expect(world.stack.problems()).toEqual([]);
});

beforeEach(async () => {
  context = await browser.newContext({ viewport: { width: 1180, height: 900 }, reducedMotion: 'reduce' });
  page = await context.newPage();
  page.setDefaultTimeout(STEP_HANGS_MS);
  complaints = [];
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('console', (message) => {
    if (message.type() === 'error') complaints.push(message.text());
  });
  await page.goto(world.app.url());
});

afterEach(async () => {
  await context.close();
  expect(complaints).toEqual([]);
});

function showsState(state: string): Promise<void> {
  return page.locator(`.state[data-state="${state}"]`).waitFor();
}

function notice() {
  return page.locator('#notice');
}

function timeline() {
  return page.locator(TIMELINE);
}

async function signIn(user: string, decision = 'Allow access'): Promise<void> {
  await page.getByRole('link', { name: 'Sign in with Adobe' }).first().click();
  await page.getByLabel(user).check();
  await page.getByRole('button', { name: decision }).click();
}

function press(name: string): Promise<void> {
  return page.getByRole('button', { name }).click();
}

async function clockMs(): Promise<number> {
  return Date.parse((await page.locator('#clock').getAttribute('datetime')) ?? '');
}

async function seen(locator: Locator, text: string): Promise<void> {
  return locator.filter({ hasText: text }).waitFor();
}

describe('a user at the demo page', () => {
  test('signs in with Adobe, reads the catalog, lets a week pass, and sees when Adobe has ended the grant', async () => {
    await signIn('Alice Example');
    await showsState('active');
    await seen(page.locator('#card'), 'lr_partner_apis');
    expect(page.url()).toBe(`${world.app.url()}/`);

    await press('Read my Lightroom catalog');
    await seen(notice(), 'Summer and Portfolio');

    const beforeMs = await clockMs();
    await press('Pass a week');
    await seen(notice(), 'A week has passed');
    await expect.poll(clockMs).toBeGreaterThan(beforeMs + 6 * DAY_MS);
    await press('Pass a day');
    await seen(timeline(), 'fired a schedule, which starts the rotator');
    await showsState('active');
    await press('Read my Lightroom catalog');
    await seen(notice(), 'Summer and Portfolio');

    await press('Revoke at Adobe');
    await seen(timeline(), 'The vault is not notified.');
    // The previous access token would still be served from the cache.
    await press('Pass a day');
    await seen(notice(), 'A day has passed');
    await press('Read my Lightroom catalog');
    await seen(notice(), 'could not be read');
    await showsState('suspect');
    await press('Pass a week');
    await showsState('needs-reauthorization');
    await seen(timeline(), 'Reauthorization Required');

    await signIn('Alice Example');
    await showsState('active');
  });

  test('declines, and nothing is connected', async () => {
    await signIn('Bob Example', 'Decline');
    await seen(notice(), 'You declined');
    expect(await page.getByRole('link', { name: 'Sign in with Adobe' }).count()).toBe(1);
  });

  test('disconnects', async () => {
    await signIn('Bob Example');
    await showsState('active');
    await press('Disconnect');
    await until(() => world.ims.ledger.user('bob').liveGrants === 0);
    await showsState('disconnected');
  });

  test('sees the card follow the clock while days pass, and no button enabled meanwhile', async () => {
    await signIn('Carol Example');
    await showsState('active');
    await page.evaluate(`
      window.readyWhileBusy = 0;
      window.safetyWhileBusy = new Set();
      new MutationObserver(() => {
        if (document.body.ariaBusy !== 'true') return;
        if (document.querySelector('button:not([aria-disabled="true"])')) window.readyWhileBusy += 1;
        window.safetyWhileBusy.add(document.querySelector('.safety strong')?.textContent);
      }).observe(document.body, { childList: true, subtree: true, attributes: true });
    `);
    await press('Pass a week');
    await seen(notice(), 'A week has passed');
    expect(await page.evaluate('window.readyWhileBusy')).toBe(0);
    expect(await page.evaluate('window.safetyWhileBusy.size')).toBeGreaterThan(1);
  });

  test('takes Adobe down and brings it back, by keyboard alone', async () => {
    await page.getByRole('button', { name: 'Take Adobe down' }).focus();
    await page.keyboard.press('Enter');
    await seen(timeline(), 'is down');
    await page.locator('button:focus:not([aria-disabled="true"])', { hasText: 'Bring Adobe back' }).waitFor();
    await page.keyboard.press('Enter');
    await seen(timeline(), 'is back');
  });

  test('can do the same without any script', async () => {
    const scriptless = await browser.newContext({ javaScriptEnabled: false });
    page = await scriptless.newPage();
    await page.goto(world.app.url());
    await signIn('Carol Example');
    await press('Read my Lightroom catalog');
    await seen(notice(), 'Summer and Portfolio');
    await scriptless.close();
  });

  test('with a screen reader learns what happens: the timeline is a log, and the outcome a status', async () => {
    expect(await page.getByRole('log', { name: 'What has happened' }).locator(TIMELINE).count()).toBe(1);
    await press('Pass a day');
    await page.getByRole('status').filter({ hasText: 'A day has passed' }).waitFor();
  });
});

const variants = (['light', 'dark'] as const).flatMap((colorScheme) =>
  [1180, 390].map((width) => ({ colorScheme, width })),
);

/** Light and dark, on a desktop and on a phone: every page is accessible, and nothing overflows. */
async function expectOpenToAll(): Promise<void> {
  for (const { colorScheme, width } of variants) {
    await page.emulateMedia({ colorScheme });
    await page.setViewportSize({ width, height: 800 });
    expect(await violationsOn(page), `${colorScheme}, ${width} pixels`).toEqual([]);
    const scrollWidth = await page.evaluate('document.documentElement.scrollWidth');
    expect(scrollWidth).toBeLessThanOrEqual(width);
  }
}

test('the page says which alarms fire and where their steps are, to everyone', async () => {
  const alarms = page.getByRole('region', { name: 'Alarms now' });
  const [deadLetters] = world.stack.queues.values();
  deadLetters?.send('{}', {});
  await page.reload();
  await seen(alarms, 'AdobeTokenVault-dead-letters');
  await seen(alarms, 'docs/operations.md#dead-letters');
  await expectOpenToAll();
  deadLetters?.purge();
  await press('Pass a day');
  await seen(notice(), 'A day has passed');
  expect(await alarms.textContent()).not.toContain('dead-letters');
});

test('the pages of the demo are accessible to everyone', async () => {
  await expectOpenToAll();
  await page.getByText('Other ways to sign in').click();
  await page.getByRole('link', { name: 'Sign in with Adobe' }).first().click();
  await page.getByLabel('Alice Example').waitFor();
  await expectOpenToAll();
  await page.getByRole('button', { name: 'Allow access' }).click();
  await showsState('active');
  await expectOpenToAll();
});
