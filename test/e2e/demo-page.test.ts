import { AxeBuilder } from '@axe-core/playwright';
import { type Browser, type BrowserContext, chromium, type Locator, type Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, inject, test } from 'vitest';
import { type DemoWorld, startDemoWorld } from '../../local/demo/world/demo-world.ts';

const SCREENSHOT = 'docs/images/demo.png';
/** Not a measure of speed: a week of alarms passes in one step, on a machine that may be busy. */
const STEP_TIMEOUT_MS = 45_000;
const DAY_MS = 86_400_000;

let world: DemoWorld;
let browser: Browser;
let context: BrowserContext;
let page: Page;
let complaints: string[];

beforeAll(async () => {
  const { executablePath, environment } = inject('browserLaunch');
  world = await startDemoWorld({ cdkOut: inject('cdkOut'), tickMs: 0 });
  browser = await chromium.launch({
    executablePath,
    args: ['--no-sandbox'],
    env: { ...stringsOf(process.env), ...environment },
  });
});

afterAll(async () => {
  await browser.close();
  await world.stop();
  expect(world.stack.problems()).toEqual([]);
});

beforeEach(async () => {
  context = await browser.newContext({ viewport: { width: 1180, height: 900 } });
  page = await context.newPage();
  page.setDefaultTimeout(STEP_TIMEOUT_MS);
  complaints = [];
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('console', (message) => {
    if (message.type() === 'error') complaints.push(message.text());
  });
  await page.goto(world.app.url());
});

afterEach(async () => {
  await context.close();
});

const showsState = (state: string): Promise<void> => page.locator(`.state[data-state="${state}"]`).waitFor();
const notice = () => page.locator('#notice');

const signIn = async (user: string, decision = 'Allow access'): Promise<void> => {
  await page.getByRole('link', { name: 'Sign in with Adobe' }).first().click();
  await page.getByLabel(user).check();
  await page.getByRole('button', { name: decision }).click();
};

const press = (name: string): Promise<void> => page.getByRole('button', { name }).click();

/**
 * Once is not always enough: when a rotation has just ended in the background, the first refused token brings out the
 * younger one, and only a refusal of that makes the vault ask Adobe.
 */
const readUntilSuspect = (): Promise<void> =>
  expect
    .poll(
      async () => {
        await press('Read my Lightroom catalog');
        await seen(notice(), 'could not be read');
        return page.locator('.state').first().getAttribute('data-state');
      },
      { timeout: STEP_TIMEOUT_MS },
    )
    .toBe('suspect');

const clockMs = async (): Promise<number> =>
  Date.parse((await page.locator('#clock').getAttribute('datetime')) ?? '');

const seen = async (locator: Locator, text: string): Promise<void> =>
  locator.filter({ hasText: text }).waitFor({ timeout: STEP_TIMEOUT_MS });

const violations = async (): Promise<string[]> => {
  const { violations: found } = await new AxeBuilder({ page }).analyze();
  return found.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`);
};

describe('a person at the demo page', () => {
  test('signs in with Adobe, reads the catalog, lets a week pass, and is told when Adobe has ended it', async () => {
    await signIn('Alice Example');
    await showsState('active');
    await seen(page.locator('#card'), 'lr_partner_apis');
    expect(page.url()).toBe(`${world.app.url()}/`);

    await press('Read my Lightroom catalog');
    await seen(notice(), 'Summer and Portfolio');

    const beforeMs = await clockMs();
    await press('Pass a week');
    await expect.poll(clockMs, { timeout: STEP_TIMEOUT_MS }).toBeGreaterThan(beforeMs + 6 * DAY_MS);
    await press('Pass a day');
    await seen(page.locator('#timeline'), 'rang an alarm, which wakes the rotator');
    await showsState('active');
    await press('Read my Lightroom catalog');
    await seen(notice(), 'Summer and Portfolio');
    await saveScreenshot();

    await press('Revoke at Adobe');
    await seen(page.locator('#timeline'), 'Nobody tells the vault.');
    await readUntilSuspect();
    await press('Pass a week');
    await showsState('needs-reauthorization');
    await seen(page.locator('#timeline'), 'Reauthorization Required');

    await signIn('Alice Example');
    await showsState('active');
    expect(complaints).toEqual([]);
  });

  test('declines, and nothing is connected', async () => {
    await signIn('Bob Example', 'Decline');
    await seen(notice(), 'You declined');
    expect(await page.getByRole('link', { name: 'Sign in with Adobe' }).count()).toBe(1);
    expect(complaints).toEqual([]);
  });

  test('disconnects', async () => {
    await signIn('Bob Example');
    await showsState('active');
    await press('Disconnect');
    await expect.poll(() => world.ims.ledger.user('bob').liveGrants).toBe(0);
    await showsState('disconnected');
    expect(complaints).toEqual([]);
  });

  test('finds no button ready while something is under way, also not one that was drawn anew', async () => {
    await page.evaluate(`
      window.readyWhileBusy = 0;
      new MutationObserver(() => {
        const isBusy = document.body.ariaBusy === 'true';
        if (isBusy && document.querySelector('button:enabled')) window.readyWhileBusy += 1;
      }).observe(document.body, { childList: true, subtree: true });
    `);
    await press('Take Adobe down');
    await page.getByRole('button', { name: 'Bring Adobe back' }).click();
    await page.getByRole('button', { name: 'Take Adobe down' }).waitFor();
    expect(await page.evaluate('window.readyWhileBusy')).toBe(0);
  });

  test('sees Adobe go down and come back', async () => {
    await press('Take Adobe down');
    await seen(page.locator('#timeline'), 'is down');
    await press('Bring Adobe back');
    await seen(page.locator('#timeline'), 'is back');
  });

  test('signs in without any application and sees the page of the vault itself', async () => {
    await page.getByText('Other ways to sign in').click();
    await page.getByRole('link', { name: 'Sign in without any application' }).click();
    await page.getByLabel('Carol Example').check();
    await press('Allow access');
    await page.getByRole('heading', { name: 'You are connected' }).waitFor();
    expect(await violations()).toEqual([]);
    expect(complaints).toEqual([]);
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
});

describe.each(['light', 'dark'] as const)('the page in %s colours', (colorScheme) => {
  test.each([1180, 360])('has nothing that keeps somebody out, %i pixels wide', async (width) => {
    await page.emulateMedia({ colorScheme });
    await page.setViewportSize({ width, height: 800 });
    expect(await violations()).toEqual([]);
    await signIn('Alice Example');
    await showsState('active');
    expect(await violations()).toEqual([]);
    const { width: shown } = (await page.locator('html').boundingBox()) ?? { width: 0 };
    expect(shown).toBeLessThanOrEqual(width);
  });
});

const saveScreenshot = async (): Promise<void> => {
  if (process.env.UPDATE_SCREENSHOT === undefined) return;
  await page.screenshot({ path: SCREENSHOT, fullPage: true });
};

const stringsOf = (variables: NodeJS.ProcessEnv): Record<string, string> =>
  Object.fromEntries(
    Object.entries(variables).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  );
