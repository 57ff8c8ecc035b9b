import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { asked, createBrowser, pageOutcome, stateOf } from './browser.ts';
import { APP_STATE, createConsentWorld, RETURN_TO } from './consent-world.ts';

function query(parameters: Record<string, string>) {
  return new URLSearchParams(parameters).toString();
}

const signInQuery = query({ return_to: RETURN_TO, app_state: APP_STATE });

describe('authorize', () => {
  it('sends the browser to Adobe with PKCE S256, a fresh state and a nonce', async () => {
    const world = createConsentWorld();
    const result = await world.authorize(signInQuery);
    expect(result.statusCode).toBe(303);
    const request = asked(result);
    expect(request.get('client_id')).toBe('example-client-id');
    expect(request.get('redirect_uri')).toBe('https://vault.example/callback');
    expect(request.get('response_type')).toBe('code');
    expect(request.get('code_challenge_method')).toBe('S256');
    expect(request.get('code_challenge')).toMatch(/^[A-Za-z0-9_-]{43}$/);
    expect(Buffer.from(request.get('state') ?? '', 'base64url').length).toBeGreaterThanOrEqual(16);
    expect(request.get('nonce')).toMatch(/^[A-Za-z0-9_-]{22}$/);
    expect(request.has('app_state')).toBe(false);
    expect(request.has('return_to')).toBe(false);
  });

  it('requests openid in addition to all other scopes, and always sends a nonce', async () => {
    const world = createConsentWorld({ scopes: ['offline_access', 'lr_partner_apis'] });
    const request = asked(await world.authorize(''));
    expect(request.get('scope')).toMatch(/^openid.offline_access.lr_partner_apis$/);
    expect(request.get('nonce')).toMatch(/^[A-Za-z0-9_-]{22}$/);
  });

  it('never uses a state twice', async () => {
    const world = createConsentWorld();
    const states = [stateOf(await world.authorize('')), stateOf(await world.authorize(''))];
    expect(new Set(states).size).toBe(2);
  });

  it('keeps the transaction in an encrypted __Host- cookie', async () => {
    const world = createConsentWorld();
    const result = await world.authorize(signInQuery);
    expect(result.cookies).toHaveLength(1);
    const [cookie = ''] = result.cookies ?? [];
    expect(cookie).toMatch(/^__Host-vault-[0-9a-f]{12}=ey/);
    expect(cookie).toMatch(/; Max-Age=3600; Path=\/; Secure; HttpOnly; SameSite=Lax$/);
    expect(cookie).not.toContain(stateOf(result));
    expect(cookie).not.toContain('app.example');
  });

  it('sends headers that prevent caching, framing and referrers', async () => {
    const world = createConsentWorld();
    for (const result of [await world.authorize(''), await world.authorize('return_to=x')]) {
      expect(result.headers['cache-control']).toBe('no-store');
      expect(result.headers['referrer-policy']).toBe('no-referrer');
      expect(result.headers['x-content-type-options']).toBe('nosniff');
      expect(result.headers['content-security-policy']).toContain("default-src 'none'");
      expect(result.headers['content-security-policy']).toContain("frame-ancestors 'none'");
    }
  });

  it('writes nothing', async () => {
    const world = createConsentWorld();
    await world.authorize(signInQuery);
    expect(world.consents.consumed.size + world.consents.pendingConsents.size).toBe(0);
    expect(world.memory.connections.size).toBe(0);
  });

  it.each([
    ['an unknown return URL', { return_to: 'https://evil.example/', app_state: APP_STATE }],
    [
      'a return URL that only begins like an allowed one',
      { return_to: `${RETURN_TO}/../x`, app_state: APP_STATE },
    ],
    [
      'a return URL with another host before an @',
      { return_to: 'https://app.example@evil.example/back', app_state: APP_STATE },
    ],
    ['a return URL in another case', { return_to: RETURN_TO.toUpperCase(), app_state: APP_STATE }],
    [
      'a return URL without its own query',
      { return_to: 'https://app.example/settings', app_state: APP_STATE },
    ],
    ['a javascript URL', { return_to: 'javascript:alert(1)', app_state: APP_STATE }],
    ['an empty return URL', { return_to: '', app_state: APP_STATE }],
    ['a return URL without app_state', { return_to: RETURN_TO }],
    ['an app_state that can be guessed', { return_to: RETURN_TO, app_state: 'short' }],
    ['an app_state that is too long', { return_to: RETURN_TO, app_state: 'x'.repeat(257) }],
    ['an app_state with other characters', { return_to: RETURN_TO, app_state: `${APP_STATE}<script>` }],
    ['an app_state without a return URL', { app_state: APP_STATE }],
    ['a session id that is none', { session: '../../etc' }],
    [
      'a session together with a return URL',
      { session: 'A'.repeat(43), return_to: RETURN_TO, app_state: APP_STATE },
    ],
  ])('refuses %s with a page that repeats nothing of it', async (_, parameters) => {
    const world = createConsentWorld();
    const result = await world.authorize(query(parameters));
    expect(result.statusCode).toBe(400);
    expect(pageOutcome(result)).toBe('invalid_request');
    expect(result.headers.location).toBeUndefined();
    expect(result.cookies ?? []).toHaveLength(0);
    expect(result.body).not.toContain('evil');
    expect(result.body).not.toContain('<script');
    expect(result.body).not.toContain(APP_STATE);
    expect(world.telemetry.total('ConsentsRefused', { outcome: 'invalid_request' })).toBe(1);
  });

  it.each([
    ['https://evil.example/p-path?q=p-query#p-fragment', 'https://evil.example', false],
    ['https://p-user:p-password@evil.example/p-path', 'https://evil.example', false],
    [`${RETURN_TO}/p-path`, new URL(RETURN_TO).origin, true],
    ['javascript:p-script', 'javascript:', false],
    ['p-words', 'not a URL', false],
    [`https://${'x'.repeat(1_000)}.example/p-path`, `https://${'x'.repeat(192)}`, false],
  ])('logs the origin alone of a return URL that it refuses: %s', async (returnTo, origin, originIsKnown) => {
    const world = createConsentWorld();
    await world.authorize(query({ return_to: returnTo, app_state: APP_STATE }));
    const line = world.telemetry.lines.find(({ level }) => level === 'warn');
    expect(line).toMatchObject({
      message: 'A sign-in was refused: return_to is not one of the return URLs.',
      fields: { origin, originIsKnown },
    });
    expect(JSON.stringify(world.telemetry.lines)).not.toContain('p-');
  });

  it('logs that the app state is missing, where the return URL is right', async () => {
    const world = createConsentWorld();
    await world.authorize(query({ return_to: RETURN_TO }));
    expect(world.telemetry.messages('warn')).toEqual([
      'A sign-in was refused: return_to comes without a usable app_state.',
    ]);
  });

  it.each(['return_to', 'app_state', 'session'])('refuses a repeated %s', async (name) => {
    const world = createConsentWorld();
    const result = await world.authorize(`${signInQuery}&${name}=a&${name}=b`);
    expect(pageOutcome(result)).toBe('invalid_request');
    expect(world.telemetry.total('ConsentsRefused', { outcome: 'invalid_request' })).toBe(1);
  });

  it('says that an unknown session has expired', async () => {
    const world = createConsentWorld();
    expect(pageOutcome(await world.authorize(`session=${'A'.repeat(43)}`))).toBe('transaction_expired');
    expect(world.telemetry.total('ConsentsRefused', { outcome: 'transaction_expired' })).toBe(1);
  });

  describe('with a consent session', () => {
    const open = async (body: Record<string, unknown> = {}) => {
      const world = createConsentWorld();
      const opened = await world.post('/connections/{connectionId}/consents', 'acme.user-42', {
        returnTo: RETURN_TO,
        ...body,
      });
      const { authorizeUrl, expiresAt } = JSON.parse(opened.body) as Record<
        'authorizeUrl' | 'expiresAt',
        string
      >;
      return { world, search: new URL(authorizeUrl).search.slice(1), expiresAt };
    };

    it('requests the scopes of the session', async () => {
      const { world, search } = await open({ scopes: ['openid', 'lr_partner_apis'] });
      expect(asked(await world.authorize(search)).get('scope')).toMatch(/^openid.lr_partner_apis$/);
    });

    it('works again after a reload', async () => {
      const { world, search } = await open();
      const browser = createBrowser(world);
      await browser.authorize(search);
      expect((await browser.authorize(search)).statusCode).toBe(303);
    });

    it('is valid for ten minutes and no longer', async () => {
      const { world, search, expiresAt } = await open();
      expect(Date.parse(expiresAt)).toBe(world.clock.nowMs() + 600_000);
      world.clock.advance(599_999);
      expect((await world.authorize(search)).statusCode).toBe(303);
      world.clock.advance(1);
      expect(pageOutcome(await world.authorize(search))).toBe('transaction_expired');
    });

    it('stores a digest of the session id only', async () => {
      const { world, search } = await open();
      const sessionId = search.slice('session='.length);
      expect([...world.consents.sessions.keys()]).toEqual([
        createHash('sha256').update(sessionId).digest('hex'),
      ]);
      expect(JSON.stringify([...world.consents.sessions])).not.toContain(sessionId);
    });
  });
});
