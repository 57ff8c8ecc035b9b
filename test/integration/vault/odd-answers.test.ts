import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { createHttpBrowser } from '../../../local/demo/browser/http-browser.ts';
import type { ImsFault } from '../../../local/ims/faults.ts';
import { startVaultWorld, type VaultWorld } from '../../support/vault/vault-world.ts';

const APP_STATE = 'state-of-the-app-0123456789';

describe('What Adobe may answer', () => {
  let world: VaultWorld;
  beforeAll(async () => {
    world = await startVaultWorld({ cdkOut: inject('cdkOut') });
    world.ims.addUser({ key: 'odd' }).profile({ rotation: { mode: 'strict' } });
    await world.connect('demo.odd', 'odd');
  });
  afterAll(() => world.stop());

  /** Adobe's next answer to a refresh is this one; afterwards it must have been given. */
  const given = async (fault: ImsFault, act: () => Promise<void>): Promise<void> => {
    const times = () => world.ims.ledger.user('odd').faults[fault.kind] ?? 0;
    const before = times();
    world.ims.faults.next(fault, { user: 'odd', grantType: 'refresh_token' });
    await act();
    expect(times()).toBe(before + 1);
  };

  const odd: readonly (readonly [string, ImsFault])[] = [
    ['expires_in: null', { kind: 'expires-in-null' }],
    ['no token_type', { kind: 'no-token-type' }],
    ['no access token', { kind: 'no-access-token' }],
    ['milliseconds for seconds', { kind: 'wrong-unit' }],
    ['chunks of a few bytes', { kind: 'chunked', chunkBytes: 7 }],
    [
      'an end that is cut off',
      { kind: 'cut-within-answer', at: { place: 'after', member: 'refresh_token' }, framing: 'chunked' },
    ],
    ['a length that is too long', { kind: 'cut-within-answer', bytes: 99_999, framing: 'too-long' }],
    [
      'a length that is too short',
      { kind: 'cut-within-answer', at: { place: 'after', member: 'refresh_token' }, framing: 'too-short' },
    ],
  ];
  it.each(odd)('with a good successor (%s) does not lose it, in strict mode', async (_name, fault) => {
    await world.passDays(2);
    await given(fault, async () => {
      await world.readCatalog('demo.odd');
      await world.stack.time.advanceBy(60 * 60_000);
    });
    expect(await world.readCatalog('demo.odd')).toMatchObject({ catalogId: expect.any(String) });
    expect(world.ims.ledger.user('odd')).toMatchObject({ doubleSpends: 0, liveGrants: 1 });
  });

  const unusable: readonly (readonly [string, ImsFault])[] = [
    ['HTML', { kind: 'html-body' }],
    ['an empty 500', { kind: 'empty-500' }],
    ['503 with Retry-After', { kind: 'unavailable', retryAfterSeconds: 60 }],
    ['429', { kind: 'rate-limited', retryAfter: { as: 'body', seconds: 60 } }],
    ['a broken connection before anything was done', { kind: 'cut-before-processing' }],
    ['an unknown 4xx', { kind: 'error', status: 418, body: { error: 'teapot' } }],
  ];
  it.each(unusable)(
    'instead of tokens (%s) leaves the connection active, and the next attempt works',
    async (_name, fault) => {
      await world.passDays(2);
      await given(fault, async () => {
        await world.readCatalog('demo.odd');
      });
      expect(await world.api.status('demo.odd')).toMatchObject({ value: { state: 'active' } });
      await world.stack.time.advanceBy(60 * 60_000);
      expect(await world.readCatalog('demo.odd')).toMatchObject({ catalogId: expect.any(String) });
      expect(world.ims.ledger.user('odd')).toMatchObject({ doubleSpends: 0, liveGrants: 1 });
    },
  );

  it('at the callback: a consent with an unusual answer is kept, one without tokens is explained', async () => {
    const signIn = (fault: ImsFault) => {
      world.ims.faults.next(fault, { user: 'bob', grantType: 'authorization_code' });
      return world.signIn('bob', { return_to: world.landingUrl, app_state: APP_STATE });
    };
    for (const fault of [
      { kind: 'expires-in-null' },
      { kind: 'no-token-type' },
      // The part that is read holds the tokens, and the ID token among them names the user.
      { kind: 'oversized-body' },
    ] as const) {
      const { url } = await signIn(fault);
      const connectionCode = url.searchParams.get('connection_code') ?? '';
      expect(await world.api.redeemSignIn({ connectionCode, appState: APP_STATE })).toMatchObject({
        value: { renewable: true },
      });
    }
    const cutOff = { kind: 'cut-within-answer', at: { place: 'in', member: 'refresh_token' } } as const;
    for (const fault of [{ kind: 'html-body' }, cutOff, { kind: 'empty-500' }] as const) {
      const { url } = await signIn(fault);
      expect(url.searchParams.get('error')).toMatch(/^(adobe_unavailable|identity_missing)$/);
      expect(url.searchParams.get('app_state')).toBe(APP_STATE);
    }
  });

  it('that the user declined, or that a scope is not allowed: each has its own error for the app', async () => {
    world.ims.profile({ authorize: { automatic: { user: 'bob', decision: 'deny' } } });
    const authorize = `${world.stack.apiUrl}/authorize`;
    const query = new URLSearchParams({ return_to: world.landingUrl, app_state: APP_STATE });
    const declined = await createHttpBrowser().open(`${authorize}?${query}`);
    expect(declined.url.searchParams.get('error')).toBe('declined');

    world.ims.profile({
      credential: { scopes: ['openid'] },
      authorize: { automatic: { user: 'bob', decision: 'approve' } },
    });
    const refused = await createHttpBrowser().open(`${authorize}?${query}`);
    expect(refused.url.searchParams.get('error')).toBe('scope_not_allowed');
  });
});

describe('A vault whose client secret was never filled in', () => {
  let world: VaultWorld;
  beforeAll(async () => {
    world = await startVaultWorld({ cdkOut: inject('cdkOut'), clientSecret: 'not-configured' });
  });
  afterAll(() => world.stop());

  it('is shown to the user, is logged and measured for the operator, and stores nothing', async () => {
    const page = await world.signIn('alice');
    expect(page.status).toBe(503);
    expect(page.body).toMatch(/not (been )?(configured|set up)/i);
    const { total } = world.ims.ledger.snapshot();
    expect(total.tokenPosts.authorization_code).toBe(0);
    for (const table of ['CONNECTIONS_TABLE', 'ACCESS_TOKENS_TABLE', 'EPHEMERAL_TABLE'] as const) {
      expect(await world.itemsOf(table)).toEqual([]);
    }
    expect(world.stack.logs.search({ contains: 'not_configured' })).not.toEqual([]);
    expect(world.stack.logs.search({ contains: '"level":"ERROR"' })).not.toEqual([]);
  });

  it('starts to work once the operator stores the secret', async () => {
    world.fillClientSecret();
    const page = await world.signIn('alice');
    expect(page.body).toContain('connected');
  });
});
