import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, inject, test } from 'vitest';
import { createVaultApi } from '../../local/demo/app/vault-api.ts';
import { type DemoWorld, startDemoWorld } from '../../local/demo/world/demo-world.ts';
import { halt } from '../support/chromium/halt.ts';
import { openBrowser } from '../support/chromium/open-browser.ts';
import { STEP_HANGS_MS } from '../support/time/hangs.ts';

const NOT_BEGUN_HERE = 'That sign-in was not begun here. Nothing was connected.';

let world: DemoWorld;
let browser: Browser;
let attacker: BrowserContext;
let victim: BrowserContext;

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

/** Two users at two browsers that share nothing. */
beforeEach(async () => {
  [attacker, victim] = await Promise.all([browser.newContext(), browser.newContext()]);
});
afterEach(async () => {
  await Promise.all([attacker.close(), victim.close()]);
});

async function openApp(context: BrowserContext): Promise<Page> {
  const page = await context.newPage();
  page.setDefaultTimeout(STEP_HANGS_MS);
  await page.goto(world.app.url());
  return page;
}

function beginSignIn(page: Page): Promise<void> {
  return page.getByRole('link', { name: 'Sign in with Adobe' }).first().click();
}

async function consent(page: Page, user: string): Promise<void> {
  await page.getByLabel(user).check();
  await page.getByRole('button', { name: 'Allow access' }).click();
}

/**
 * The attacker's own client: it stops wherever a browser would go on, and keeps the link instead of opening it.
 * All that it holds is what an attacker holds: cookies of their own, and Adobe's answer to their own yes.
 */
function createAttackersClient() {
  const cookies = new Map<string, string>();
  const send = async (url: string, form?: Record<string, string>): Promise<Response> => {
    const response = await fetch(url, {
      redirect: 'manual',
      headers: { cookie: [...cookies].map((pair) => pair.join('=')).join('; ') },
      ...(form && { method: 'POST', body: new URLSearchParams(form) }),
    });
    for (const line of response.headers.getSetCookie()) {
      const [name = '', value = ''] = (line.split(';', 1)[0] ?? '').split(/=(.*)/s);
      cookies.set(name, value);
    }
    return response;
  };
  const step = async (url: string, form?: Record<string, string>): Promise<string> => {
    const { headers } = await send(url, form);
    return new URL(headers.get('location') ?? '', url).href;
  };
  const authorizeLink = (path = '/connect'): Promise<string> => step(`${world.app.url()}${path}`);
  const callbackLink = async (path?: string): Promise<string> =>
    step(await step(await authorizeLink(path)), { user: 'alice', decision: 'approve' });
  const returnLink = async (path?: string): Promise<string> => step(await callbackLink(path));
  const isConnected = async (): Promise<boolean> =>
    (await (await send(world.app.url())).text()).includes('data-state="active"');
  return { authorizeLink, callbackLink, returnLink, step, isConnected };
}

async function isConnected(page: Page): Promise<boolean> {
  await page.goto(world.app.url());
  return (await page.locator('.state').count()) > 0;
}

async function activeConnections(): Promise<number> {
  const { CONNECTIONS_TABLE } = world.stack.functions.get('callback').definition.environment;
  return (await world.stack.dynamodb.items(String(CONNECTIONS_TABLE))).length;
}

const MINUTE_MS = 60_000;

describe('an attacker', () => {
  test('that sends the victim an authorize link gets nothing from the victim’s consent', async () => {
    const before = await activeConnections();
    const page = await openApp(victim);
    await page.goto(await createAttackersClient().authorizeLink());
    await consent(page, 'Bob Example');

    await page.getByText(NOT_BEGUN_HERE).waitFor();
    expect(await isConnected(page)).toBe(false);
    // Bob's grant waits for a redeem that the attacker cannot request, and expires.
    expect(await activeConnections()).toBe(before);
  });

  test('that sends the victim another callback is stopped at the vault', async () => {
    const link = await createAttackersClient().callbackLink();
    const posts = world.ims.ledger.user('alice').tokenPosts.authorization_code;

    const page = await openApp(victim);
    await page.goto(link);

    await page.locator('body[data-outcome="other_browser"]').waitFor();
    expect(await isConnected(page)).toBe(false);
    expect(world.ims.ledger.user('alice').tokenPosts.authorization_code).toBe(posts);
  });

  test('that sends the victim a return to the app neither connects the victim nor logs the victim in', async () => {
    const link = await createAttackersClient().returnLink();
    expect(new URL(link).searchParams.get('connection_code')).not.toBeNull();
    const page = await openApp(victim);
    await page.goto(link);
    await page.getByText(NOT_BEGUN_HERE).waitFor();
    expect(await isConnected(page)).toBe(false);

    // Not even while the victim's own transaction is under way.
    await beginSignIn(page);
    await page.getByLabel('Bob Example').waitFor();
    await page.goto(link);
    await page.getByText(NOT_BEGUN_HERE).waitFor();
    expect(await isConnected(page)).toBe(false);
  });

  test.each(['/connect', '/sign-in'])(
    'that has another user’s code and a valid app_state of its own gets nothing for it (%s)',
    async (path) => {
      const page = await openApp(victim);
      const stolen = returnSeenBy(page);
      await page.goto(`${world.app.url()}${path}`);
      await consent(page, 'Bob Example');
      await page.getByText('You are connected with Adobe.').waitFor();
      const code = new URL(await stolen).searchParams.get('connection_code') ?? '';

      const own = createAttackersClient();
      const link = new URL(await own.returnLink(path));
      link.searchParams.set('connection_code', code);
      const before = await activeConnections();
      await own.step(link.href);
      expect(await own.isConnected()).toBe(false);
      expect(await activeConnections()).toBe(before);
    },
  );
});

test('a return link works once, in the browser that started the transaction', async () => {
  const page = await openApp(victim);
  const seen = returnSeenBy(page);
  await beginSignIn(page);
  await consent(page, 'Carol Example');
  await page.getByText('You are connected with Adobe.').waitFor();
  const link = await seen;
  const before = await activeConnections();

  await page.goto(link);
  await page.getByText(NOT_BEGUN_HERE).waitFor();
  expect(await isConnected(page)).toBe(true);
  const other = await openApp(attacker);
  await other.goto(link);
  await other.getByText(NOT_BEGUN_HERE).waitFor();
  expect(await isConnected(other)).toBe(false);
  expect(await activeConnections()).toBe(before);
});

describe('a return that comes late', () => {
  test('after a disconnect connects nothing', async () => {
    const page = await openApp(victim);
    await beginSignIn(page);
    await consent(page, 'Bob Example');
    await page.locator('.state[data-state="active"]').waitFor();
    const late = await heldReturn(await beginAgain(victim), 'Bob Example');
    await page.getByRole('button', { name: 'Disconnect' }).click();
    // Nothing is revoked while a consent is under way, because Adobe might revoke what it has just granted.
    await page.locator('.state[data-state="disconnecting"]').waitFor();

    await page.goto(late);
    await page.getByText('A newer consent or a disconnect has taken the place of this consent.').waitFor();
    await world.stack.time.advanceBy(13 * MINUTE_MS);
    await page.reload();
    await page.locator('.state[data-state="disconnected"]').waitFor();
  });

  test('after a newer consent of another user does not replace it', async () => {
    const page = await openApp(victim);
    const late = await heldReturn(await beginAgain(victim), 'Bob Example');
    await page.goto(world.app.url());
    await beginSignIn(page);
    await consent(page, 'Alice Example');
    await page.getByText('You are connected with Adobe.').waitFor();
    const connectionId = (await page.locator('dt:text-is("Connection") + dd').textContent()) ?? '';
    const before = await vault().status(connectionId);

    // The app itself keeps one transaction at a time and does not even call the vault.
    await page.goto(late);
    await page.getByText(NOT_BEGUN_HERE).waitFor();
    // For an app without that check, the vault refuses the redeem.
    const connectionCode = new URL(late).searchParams.get('connection_code') ?? '';
    const redeemed = await vault().redeemConsent(connectionId, { connectionCode });
    expect(redeemed).toMatchObject({ status: 409, problem: { code: 'consent_superseded' } });
    expect(await vault().status(connectionId)).toEqual(before);
    expect(before).toMatchObject({ value: { sub: world.ims.user('alice').sub } });
  });
});

/** Another tab of the same browser, at Adobe. */
async function beginAgain(context: BrowserContext): Promise<Page> {
  const tab = await context.newPage();
  await tab.goto(`${world.app.url()}/connect`);
  return tab;
}

/** The user consents, and the browser is kept from going back to the app. */
async function heldReturn(tab: Page, user: string): Promise<string> {
  const callback = await halt(tab, `${world.ims.baseUrl()}/**`, () => consent(tab, user));
  const held = await halt(tab, '**/callback?*', () => tab.goto(callback).catch(() => undefined));
  await tab.close();
  return held;
}

function vault() {
  return createVaultApi({
    apiUrl: () => world.stack.apiUrl,
    region: 'us-east-1',
    credentials: () => world.stack.credentialsOf('WebBackendRole'),
    nowMs: () => world.stack.clock.nowMs(),
  });
}

/** The link with which the vault sends the browser back to the app. */
async function returnSeenBy(page: Page): Promise<string> {
  const request = await page.waitForRequest((one) => one.url().includes('connection_code='));
  return request.url();
}
