import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, inject, test } from 'vitest';
import { defaultImsProfile } from '../../local/ims/profile.ts';
import { halt } from '../support/chromium/halt.ts';
import { openBrowser } from '../support/chromium/open-browser.ts';
import { STEP_HANGS_MS } from '../support/time/hangs.ts';
import { startVaultWorld, type VaultWorld } from '../support/vault/vault-world.ts';

const MINUTE_MS = 60_000;
/** The longest state that an app may send. */
const APP_STATE = 'a'.repeat(253);

let world: VaultWorld;
let browser: Browser;
let context: BrowserContext;
let page: Page;

beforeAll(async () => {
  [world, browser] = await Promise.all([
    startVaultWorld({ cdkOut: inject('cdkOut') }),
    openBrowser(inject('browserLaunch')),
  ]);
});
afterAll(async () => {
  await browser.close();
  await world.stop();
  expect(world.stack.problems()).toEqual([]);
});

beforeEach(async () => {
  context = await browser.newContext();
  context.setDefaultTimeout(STEP_HANGS_MS);
  page = await context.newPage();
});
afterEach(async () => {
  world.ims.faults.clear();
  await context.close();
});

function authorizeUrl(query: Record<string, string> = {}): string {
  return `${world.stack.apiUrl}/authorize?${new URLSearchParams(query)}`;
}

/** A plain sign-in without an app, which ends at a page of the vault. */
function begin(at: Page = page): Promise<unknown> {
  return at.goto(authorizeUrl());
}

async function answer(user: string, decision = 'Allow access', at: Page = page): Promise<void> {
  await at.getByLabel(`${user} Example`).check();
  await at.getByRole('button', { name: decision }).click();
}

/** The page of an outcome. (`outcome-pages.test.ts` checks all of them more closely.) */
async function expectPage(outcome: string, heading: string): Promise<void> {
  await page.locator('body[data-outcome]').waitFor();
  expect(await page.locator('body').getAttribute('data-outcome')).toBe(outcome);
  expect(await page.getByRole('heading', { level: 1 }).textContent()).toBe(heading);
}

function exchanges(user: string): number {
  return world.ims.ledger.user(user).tokenPosts.authorization_code ?? 0;
}

async function connections(): Promise<number> {
  return (await world.itemsOf('CONNECTIONS_TABLE')).length;
}

/** Set once: the profile belongs to the credential, not to a test. */
async function withProfile(
  change: Parameters<VaultWorld['ims']['profile']>[0],
  work: () => Promise<void>,
): Promise<void> {
  const { credential, authorize, userAction } = world.ims.currentProfile();
  world.ims.profile(change);
  await work();
  world.ims.profile({ credential, authorize, userAction });
}

describe('a user at a browser', () => {
  test('signs in, and is connected; a reload and the back button connect nothing again', async () => {
    await begin();
    await answer('Alice');
    await expectPage('connected', 'You are connected');
    const [stored, exchanged] = [await connections(), exchanges('alice')];

    await page.reload();
    await expectPage('connected', 'You are connected');
    await page.goBack();
    await page.goForward();
    await expectPage('connected', 'You are connected');
    expect([await connections(), exchanges('alice')]).toEqual([stored, exchanged]);
  });

  test('declines, and nothing is connected; the page offers another sign-in', async () => {
    const before = await connections();
    await begin();
    await answer('Bob', 'Decline');
    await expectPage('declined', 'Nothing was connected');
    expect(await connections()).toBe(before);

    await page.getByRole('link', { name: 'Sign in with Adobe again' }).click();
    await page.getByLabel('Bob Example').waitFor();
  });

  test('sees that the app requested too much', async () => {
    const scopes = world.ims.currentProfile().credential.scopes.slice(0, -1);
    await withProfile({ credential: { scopes } }, async () => {
      await begin();
      await expectPage('scope_not_allowed', 'The app asked for too much');
    });
  });

  test('is not a beta user: Adobe does not send the user back, or the page says whom to ask', async () => {
    const before = exchanges('carol');
    const credential = { status: 'in-development', betaEmails: ['alice@example.com'] } as const;
    await withProfile({ credential }, async () => {
      await begin();
      await answer('Carol');
      await page.getByText('you are not a beta user').waitFor();

      world.ims.profile({ credential: { nonBetaAnswer: 'callback-error' } });
      await begin();
      await answer('Carol');
      await expectPage('declined', 'Nothing was connected');
      await page.getByText('ask the team that runs the app').waitFor();
    });
    world.ims.profile({ credential: { nonBetaAnswer: defaultImsProfile.credential.nonBetaAnswer } });
    expect(exchanges('carol')).toBe(before);
  });

  test('takes more than ten minutes, and the transaction has expired', async () => {
    const before = exchanges('bob');
    await begin();
    await page.getByLabel('Bob Example').waitFor();
    await world.stack.time.advanceBy(10 * MINUTE_MS);
    await answer('Bob');
    await expectPage('transaction_expired', 'This attempt has ended');
    expect(exchanges('bob')).toBe(before);
  });

  test('has several tabs open, each with the longest app state, and completes them in any order', async () => {
    const tabs = await Promise.all([context.newPage(), context.newPage(), context.newPage()]);
    const states = ['one', 'two', 'six'].map((tab) => `${APP_STATE}${tab}`);
    for (const [index, tab] of tabs.entries()) {
      await tab.goto(authorizeUrl({ return_to: world.landingUrl, app_state: states[index] ?? '' }));
    }
    for (const [index, tab] of [...tabs.entries()].reverse()) {
      await answer('Alice', 'Allow access', tab);
      await tab.getByText('landed').waitFor();
      const back = new URL(tab.url()).searchParams;
      expect(back.get('app_state')).toBe(states[index]);
      expect(back.get('connection_code')).toMatch(/^[\w-]{43}$/);
    }
  });

  test('connects as a user the app knows: active with the redeem, and never with an id in the browser', async () => {
    const id = 'demo.known-user';
    const urls: string[] = [];
    page.on('request', (request) => urls.push(request.url()));
    const opened = await world.api.openConsent(id, { returnTo: world.landingUrl, appState: APP_STATE });
    if (!opened.ok) throw new Error(`No consent session: ${opened.status}`);
    await page.goto(opened.value.authorizeUrl);
    await answer('Alice');
    await page.getByText('landed').waitFor();
    expect(await world.api.status(id)).toMatchObject({ ok: false, status: 404 });

    const connectionCode = new URL(page.url()).searchParams.get('connection_code') ?? '';
    expect(await world.api.redeemConsent(id, { connectionCode })).toMatchObject({ ok: true });
    expect(await world.api.status(id)).toMatchObject({ value: { state: 'active' } });
    expect(urls.join('\n')).not.toContain(id);

    // The link works once. A user who opens it again is sent back to the app with the reason.
    await page.goto(opened.value.authorizeUrl);
    await answer('Alice');
    await page.getByText('landed').waitFor();
    expect(new URL(page.url()).searchParams.get('error')).toBe('already_used');
  });

  test('allows less than before, and the earlier connection is kept', async () => {
    await begin();
    await answer('Alice');
    await page.locator('body[data-outcome="connected"]').waitFor();
    await begin();
    await page.getByLabel('lr_partner_rendition_apis').uncheck();
    await answer('Alice');
    await expectPage('kept_previous', 'Your earlier connection was kept');
  });

  test('comes while Adobe is unavailable, and again later', async () => {
    world.ims.faults.next({ kind: 'unavailable' }, { user: 'bob', grantType: 'authorization_code' });
    await begin();
    await answer('Bob');
    await expectPage('adobe_unavailable', 'Adobe did not answer');
    await page.getByRole('link', { name: 'Sign in with Adobe again' }).click();
    await answer('Bob');
    await expectPage('connected', 'You are connected');
  });

  test('allows no lasting access, and sees that it ends within a day', async () => {
    await begin();
    await page.getByLabel('offline_access').uncheck();
    await answer('Carol');
    await expectPage('connected_not_renewable', 'You are connected for a short time');
  });

  test('has to do something at Adobe first', async () => {
    await withProfile({ userAction: { at: 'callback' } }, async () => {
      await begin();
      await answer('Alice');
      await expectPage('user_action_required', 'Adobe needs something from you first');
    });
  });

  test('opens the callback of a sign-in that another browser started', async () => {
    await begin();
    const callback = await halt(page, `${world.ims.baseUrl()}/**`, () => answer('Bob'));
    const before = exchanges('bob');

    const other = await browser.newContext();
    page = await other.newPage();
    await page.goto(callback);
    await expectPage('other_browser', 'This sign-in was started elsewhere');
    expect(exchanges('bob')).toBe(before);
    await other.close();

    // The browser that started it can still complete it.
    [page] = context.pages() as [Page];
    await page.goto(callback);
    await expectPage('connected', 'You are connected');
  });

  test('follows a link that would lead to another site, and stays at the vault', async () => {
    await page.goto(authorizeUrl({ return_to: 'https://evil.example/', app_state: APP_STATE }));
    await expectPage('invalid_request', 'This link does not work');
  });
});
