import { describe, expect, it } from 'vitest';
import { claimsOf, clientId, dayMs, redirectUri, startDriver } from './ims-driver.ts';

function callbackOf(response: Response): URL {
  const location = response.headers.get('location');
  if (location === null) throw new Error(`Expected a redirect, got ${response.status}`);
  return new URL(location);
}

function shown(url: string, headers: Record<string, string> = {}): Promise<Response> {
  return fetch(url, { redirect: 'manual', headers });
}

describe('the consent page', () => {
  it('says that it is not Adobe, offers the users and scopes, and works without script or action', async () => {
    const { authorizeUrl } = await startDriver();
    const response = await shown(authorizeUrl({ scope: 'openid,email' }));
    const html = await response.text();
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toContain('text/html');
    expect(html).toContain('Not Adobe: a stand-in for local development');
    expect(html).toContain('<html lang="en">');
    expect(html).toContain('<form method="post">');
    expect(html).not.toContain('<script');
    for (const user of ['alice', 'bob', 'carol']) expect(html).toContain(`name="user" value="${user}"`);
    for (const scope of ['openid', 'email']) expect(html).toContain(`name="scope" value="${scope}"`);
  });

  it('escapes what the request brings in', async () => {
    const { ims, authorizeUrl } = await startDriver({ credential: { redirectUriPatterns: ['.*'] } });
    ims.addUser({ key: '<b>', familyName: '"><script>' });
    const html = await (await shown(authorizeUrl({ redirect_uri: 'http://h/?"><script>x' }))).text();
    expect(html).not.toContain('<script');
    expect(html).toContain('value="&lt;b&gt;"');
  });

  it.each(['v1', 'v2', 'v3'])(
    'is served by authorize/%s, for scopes with commas or spaces',
    async (version) => {
      const { baseUrl, exchange } = await startDriver();
      for (const scope of ['openid,offline_access', 'openid offline_access']) {
        const query = new URLSearchParams({
          client_id: clientId,
          redirect_uri: redirectUri,
          scope,
          state: 'xyz',
        });
        const form = new URLSearchParams({ user: 'alice', decision: 'approve' });
        const url = `${baseUrl}/ims/authorize/${version}?${query}`;
        const callback = callbackOf(await fetch(url, { method: 'POST', body: form, redirect: 'manual' }));
        const { body } = await exchange(callback.searchParams.get('code') ?? '');
        expect(claimsOf(body.access_token).scope).toBe('openid,offline_access');
      }
    },
  );

  it('sends the browser back with a long code and the state', async () => {
    const { consent } = await startDriver();
    const response = await consent('alice', { state: 's t/a=te' });
    const callback = callbackOf(response);
    expect(response.status).toBe(303);
    expect(callback.origin + callback.pathname).toBe(redirectUri);
    expect(callback.searchParams.get('state')).toBe('s t/a=te');
    const code = callback.searchParams.get('code') ?? '';
    expect(code).toMatch(/^eyJ/);
    expect(code.length).toBeGreaterThan(1_000);
  });

  it('can answer in the fragment', async () => {
    const { consent } = await startDriver();
    const callback = callbackOf(await consent('alice', { response_mode: 'fragment' }));
    expect(callback.search).toBe('');
    expect(new URLSearchParams(callback.hash.slice(1)).has('code')).toBe(true);
  });
});

describe('a user', () => {
  it('may decline', async () => {
    const { ims, callback } = await startDriver();
    const answer = await callback('alice', { state: 'abc' }, { decision: 'deny' });
    expect(answer.get('error')).toBe('access_denied');
    expect(answer.get('state')).toBe('abc');
    expect(answer.has('code')).toBe(false);
    expect(ims.ledger.user('alice').consents).toEqual({ deny: 1 });
  });

  it('may grant fewer scopes by leaving boxes unticked', async () => {
    const { callback, exchange } = await startDriver();
    const form = { scopes_shown: 'yes', scope: 'openid' };
    const code = (await callback('alice', { scope: 'openid,email,offline_access' }, form)).get('code');
    const { body } = await exchange(code ?? '');
    expect(claimsOf(body.access_token).scope).toBe('openid');
    expect(body).not.toHaveProperty('refresh_token');
  });

  it('can be made to grant only part of what is requested', async () => {
    const { ims, signIn } = await startDriver();
    ims.user('bob').profile({ consent: { grantedScopes: ['openid', 'offline_access'] } });
    const scope = 'openid,email,offline_access';
    expect(claimsOf((await signIn('bob', scope)).access_token).scope).toBe('openid,offline_access');
    expect(claimsOf((await signIn('alice', scope)).access_token).scope).toBe(scope);
  });

  it('may have terms to accept first', async () => {
    const { ims, callback } = await startDriver();
    ims.user('alice').profile({ userAction: { at: 'callback', jump: 'https://ims-stand-in.invalid/t' } });
    const answer = await callback('alice', { state: 'abc' });
    expect(answer.get('error')).toBe('ride_AdobeID_acct_terms');
    expect(answer.get('jump')).toBe('https://ims-stand-in.invalid/t');
    ims.user('alice').profile({ userAction: { at: 'refresh' } });
    expect((await callback('alice')).has('code')).toBe(true);
  });
});

describe('automatic consent', () => {
  it('approves, denies or abandons without a page', async () => {
    const { ims, authorizeUrl } = await startDriver();
    const decide = (decision: 'approve' | 'deny' | 'abandon') => {
      ims.profile({ authorize: { automatic: { user: 'bob', decision } } });
      return shown(authorizeUrl({ state: 'abc' }));
    };
    const approved = await decide('approve');
    expect(approved.status).toBe(302);
    expect(callbackOf(approved).searchParams.has('code')).toBe(true);
    expect(callbackOf(await decide('deny')).searchParams.get('error')).toBe('access_denied');
    const abandoned = await decide('abandon');
    expect(abandoned.headers.get('location')).toBeNull();
    expect(ims.ledger.user('bob').consents).toEqual({ approve: 1, deny: 1, abandon: 1 });
  });
});

describe('the credential', () => {
  it('refuses scopes the client may not request, on the callback and before a user signs in', async () => {
    const { authorizeUrl } = await startDriver({ credential: { scopes: ['openid'] } });
    const answer = callbackOf(
      await shown(authorizeUrl({ scope: 'openid,email', state: 'abc' })),
    ).searchParams;
    expect(answer.get('error')).toBe('invalid_scope');
    expect(answer.get('state')).toBe('abc');
  });

  it('answers at its default redirect URI when the requested one is missing or matches no pattern', async () => {
    const { baseUrl, consent } = await startDriver({
      credential: {
        redirectUriPatterns: ['https://app\\.example\\.com/cb'],
        defaultRedirectUri: 'https://app.example.com/default',
      },
    });
    const path = async (redirect_uri: string) =>
      callbackOf(await consent('alice', { redirect_uri })).pathname;
    expect(await path('https://app.example.com/cb')).toBe('/cb');
    expect(await path('https://app.example.com/cb/more')).toBe('/default');
    const url = `${baseUrl}/ims/authorize/v2?client_id=${clientId}`;
    const form = new URLSearchParams({ user: 'alice', decision: 'approve' });
    const response = await fetch(url, { method: 'POST', body: form, redirect: 'manual' });
    expect(callbackOf(response).pathname).toBe('/default');
  });

  it('shows an error page for an unknown client_id and does not call back', async () => {
    const { authorizeUrl } = await startDriver();
    const response = await shown(authorizeUrl({ client_id: 'another-client' }));
    expect(response.status).toBe(400);
    expect(response.headers.get('location')).toBeNull();
  });

  it('in development lets only beta users in, with an error page or a callback error for the rest', async () => {
    const { ims, consent, callback } = await startDriver({
      credential: { status: 'in-development', betaEmails: ['alice@example.com'] },
    });
    expect((await callback('alice')).has('code')).toBe(true);
    expect((await consent('bob')).status).toBe(403);
    ims.profile({ credential: { nonBetaAnswer: 'callback-error' } });
    expect((await callback('bob')).get('error')).toBe('access_denied');
  });
});

describe('what the callback carries', () => {
  it('leaves the state out of errors by switch, never out of successes', async () => {
    const { callback } = await startDriver({ authorize: { stateOnError: 'omitted' } });
    expect((await callback('alice', { state: 'abc' }, { decision: 'deny' })).has('state')).toBe(false);
    expect((await callback('alice', { state: 'abc' })).get('state')).toBe('abc');
  });

  it('has a description of errors or none', async () => {
    const { ims, callback } = await startDriver();
    expect((await callback('alice', {}, { decision: 'deny' })).has('error_description')).toBe(true);
    ims.profile({ authorize: { errorDescription: 'absent' } });
    expect((await callback('alice', {}, { decision: 'deny' })).has('error_description')).toBe(false);
  });

  it('has the issuer, none or a wrong one, on success and on error', async () => {
    const { ims, baseUrl, callback } = await startDriver();
    const issuers = async () => [
      (await callback('alice')).get('iss'),
      (await callback('alice', {}, { decision: 'deny' })).get('iss'),
    ];
    expect(await issuers()).toEqual([null, null]);
    ims.profile({ authorize: { iss: 'present' } });
    expect(await issuers()).toEqual([baseUrl, baseUrl]);
    ims.profile({ authorize: { iss: 'wrong' } });
    expect(await issuers()).toEqual(['https://wrong-issuer.invalid', 'https://wrong-issuer.invalid']);
  });

  it('refuses response types other than code', async () => {
    const { callback } = await startDriver();
    expect((await callback('alice', { response_type: 'token' })).get('error')).toBe(
      'unsupported_response_type',
    );
  });
});

describe('prompt=none', () => {
  it('needs a session, and a consent that is still alive', async () => {
    const { ims, authorizeUrl, consent, exchange } = await startDriver();
    const silently = async (cookie = '') =>
      callbackOf(await shown(authorizeUrl({ prompt: 'none' }), cookie === '' ? {} : { cookie })).searchParams;
    expect((await silently()).get('error')).toBe('login_required');

    const response = await consent('alice');
    const cookie = response.headers.get('set-cookie')?.split(';')[0] ?? '';
    expect(response.headers.get('set-cookie')).toContain('Path=/ims; HttpOnly; SameSite=Lax');
    expect((await silently(cookie)).get('error')).toBe('consent_required');
    await exchange(callbackOf(response).searchParams.get('code') ?? '');
    expect((await silently(cookie)).has('code')).toBe(true);

    ims.user('alice').revokeGrants();
    expect((await silently(cookie)).get('error')).toBe('consent_required');
  });

  it('needs a new session after logout', async () => {
    const { baseUrl, authorizeUrl, consent } = await startDriver();
    const cookie = (await consent('alice')).headers.get('set-cookie')?.split(';')[0] ?? '';
    await shown(`${baseUrl}/ims/logout/v1`, { cookie });
    const answer = callbackOf(await shown(authorizeUrl({ prompt: 'none' }), { cookie })).searchParams;
    expect(answer.get('error')).toBe('login_required');
  });
});

describe('a consent without a browser', () => {
  it('gives tokens like any other', async () => {
    const { ims, clock, refresh } = await startDriver();
    const issued = ims.user('alice').issueGrant();
    expect(ims.inspectAccessToken(issued.accessToken)).toMatchObject({ standing: 'live', user: 'alice' });
    expect(issued.refreshExpiresAtMs).toBe(clock.nowMs + 14 * dayMs);
    expect((await refresh(issued.refreshToken)).status).toBe(200);
    expect(ims.ledger.user('alice').tokenPosts.authorization_code).toBe(0);
  });
});
