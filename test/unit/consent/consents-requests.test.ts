import { describe, expect, it } from 'vitest';
import { APP_STATE, createConsentWorld, RETURN_TO } from './consent-world.ts';

const OPEN = '/connections/{connectionId}/consents';

function problemOf(result: { body: string }) {
  return JSON.parse(result.body) as Record<string, unknown>;
}

describe('opening a consent session', () => {
  it('returns a link that holds a session id and nothing of the app', async () => {
    const world = createConsentWorld();
    const body = { returnTo: RETURN_TO, appState: APP_STATE, scopes: ['openid'], replace: true };
    const result = await world.post(OPEN, 'acme.user-42', body);
    expect(result.statusCode).toBe(201);
    const { authorizeUrl, expiresAt } = problemOf(result);
    expect(authorizeUrl).toMatch(/^https:\/\/vault\.example\/authorize\?session=[A-Za-z0-9_-]{43}$/);
    expect(expiresAt).toBe(new Date(world.clock.nowMs() + 600_000).toISOString());
    expect(result.headers['cache-control']).toBe('no-store');
  });

  it.each([
    ['a return URL that is not in the settings', { returnTo: 'https://evil.example/' }],
    ['a return URL that only begins like one', { returnTo: `${RETURN_TO}x` }],
    ['no return URL', {}],
    ['a return URL that is no text', { returnTo: 42 }],
    ['a weak app state', { returnTo: RETURN_TO, appState: 'abc' }],
    ['an app state with a line break', { returnTo: RETURN_TO, appState: `${APP_STATE}\n` }],
    ['no scopes', { returnTo: RETURN_TO, scopes: [] }],
    ['a scope with a comma', { returnTo: RETURN_TO, scopes: ['openid,email'] }],
    ['a scope with a space', { returnTo: RETURN_TO, scopes: ['openid email'] }],
    ['a scope twice', { returnTo: RETURN_TO, scopes: ['openid', 'openid'] }],
    ['scopes as text', { returnTo: RETURN_TO, scopes: 'openid' }],
    ['too many scopes', { returnTo: RETURN_TO, scopes: Array.from({ length: 51 }, (_, at) => `s${at}`) }],
    ['an unknown member', { returnTo: RETURN_TO, connectionId: 'victim' }],
    ['a list', []],
    ['text', 'text'],
    ['null', null],
  ])('refuses %s with a sentence', async (_, body) => {
    const world = createConsentWorld();
    const result = await world.post(OPEN, 'acme.user-42', body);
    expect(result.statusCode).toBe(400);
    expect(result.headers['content-type']).toBe('application/problem+json');
    expect(problemOf(result)).toMatchObject({ code: 'invalid_request', status: 400 });
    expect(String(problemOf(result).detail)).toMatch(/[a-z].*\.$/);
    expect(result.body).not.toContain('evil');
    expect(result.body).not.toContain('victim');
    expect(world.consents.sessions.size).toBe(0);
  });

  it.each(['adobe-abc', 'Adobe-abc', 'ADOBE-x'])('refuses the reserved id %s', async (id) => {
    const world = createConsentWorld();
    const result = await world.post(OPEN, id, { returnTo: RETURN_TO });
    expect(problemOf(result)).toMatchObject({ code: 'connection_id_reserved', status: 400 });
  });

  it.each(['', '.hidden', 'a/b', 'user@example.com', 'x'.repeat(129), 'a b', 'a%2Fb'])(
    'refuses %j as an id',
    async (id) => {
      const world = createConsentWorld();
      expect((await world.post(OPEN, id, { returnTo: RETURN_TO })).statusCode).toBe(400);
    },
  );

  it('takes the id from the path alone', async () => {
    const world = createConsentWorld();
    expect((await world.post(OPEN, undefined, { returnTo: RETURN_TO })).statusCode).toBe(400);
  });

  it('of an unknown route is not found', async () => {
    const world = createConsentWorld();
    expect(problemOf(await world.post('/connections', undefined, {}))).toMatchObject({
      code: 'not_found',
      status: 404,
    });
  });
});
