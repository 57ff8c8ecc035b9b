import { describe, expect, it } from 'vitest';
import { claimsOf, dayMs, startDriver, startMs } from './ims-driver.ts';

describe('the refresh token in the answer of a refresh', () => {
  it('is new, the same, left out or empty by switch; only a new one consumes the old', async () => {
    const { ims, signIn, refresh } = await startDriver();
    const alice = ims.user('alice');
    const { refresh_token } = await signIn('alice');

    alice.profile({ refresh: { response: 'omit' } });
    expect((await refresh(refresh_token)).body).not.toHaveProperty('refresh_token');
    alice.profile({ refresh: { response: 'empty' } });
    expect((await refresh(refresh_token)).body.refresh_token).toBe('');
    alice.profile({ refresh: { response: 'same' } });
    expect((await refresh(refresh_token)).body.refresh_token).toBe(refresh_token);
    alice.profile({ refresh: { response: 'new' } });
    expect((await refresh(refresh_token)).body.refresh_token).not.toBe(refresh_token);
    expect((await refresh(refresh_token)).status).toBe(400);
    expect(ims.ledger.user('alice').doubleSpends).toBe(1);
  });

  it('carries neither sub nor id_token', async () => {
    const { signIn, refresh } = await startDriver();
    const { body } = await refresh((await signIn('alice')).refresh_token);
    expect(Object.keys(body).sort()).toEqual(['access_token', 'expires_in', 'refresh_token', 'token_type']);
  });
});

describe('the life of refresh tokens', () => {
  it('slides: each exchange starts 14 days again', async () => {
    const { clock, signIn, refresh } = await startDriver({ refresh: { lifetime: 'sliding' } });
    let { refresh_token } = await signIn('alice');
    for (let week = 0; week < 6; week += 1) {
      clock.nowMs += 7 * dayMs;
      const { status, body } = await refresh(refresh_token);
      expect(status).toBe(200);
      refresh_token = body.refresh_token;
    }
  });

  it('is absolute: rotated or not, it ends 14 days after the consent', async () => {
    const { ims, clock, signIn, refresh } = await startDriver({ refresh: { lifetime: 'absolute' } });
    ims.user('bob').profile({ rotation: { mode: 'never' } });
    const alice = await signIn('alice');
    const bob = await signIn('bob');
    clock.nowMs += 7 * dayMs;
    const alicesNext = await refresh(alice.refresh_token);
    expect((await refresh(bob.refresh_token)).status).toBe(200);
    clock.nowMs += 7 * dayMs;
    expect((await refresh(alicesNext.body.refresh_token)).body.error).toBe('invalid_grant');
    expect((await refresh(bob.refresh_token)).body.error).toBe('invalid_grant');
    expect(ims.ledger.total().doubleSpends).toBe(0);
  });

  it('slides without rotation too, by use alone', async () => {
    const { clock, signIn, refresh } = await startDriver({
      rotation: { mode: 'never' },
      refresh: { lifetime: 'sliding' },
    });
    const { refresh_token } = await signIn('alice');
    clock.nowMs += 13 * dayMs;
    expect((await refresh(refresh_token)).status).toBe(200);
    clock.nowMs += 13 * dayMs;
    expect((await refresh(refresh_token)).status).toBe(200);
    clock.nowMs += 14 * dayMs;
    expect((await refresh(refresh_token)).status).toBe(400);
  });

  it('ends with the error and after the time of its switches', async () => {
    const { clock, signIn, refresh } = await startDriver({
      refresh: { lifetimeSeconds: 3_600, deadError: 'access_denied' },
    });
    const { refresh_token } = await signIn('alice');
    clock.nowMs += 3_600_000;
    expect((await refresh(refresh_token)).body.error).toBe('access_denied');
  });
});

describe('times in tokens and answers', () => {
  it('puts the end of the refresh token into the access token, as milliseconds in a string', async () => {
    const { clock, signIn, refresh } = await startDriver();
    const first = await signIn('alice');
    expect(claimsOf(first.access_token).rtea).toBe(String(startMs + 14 * dayMs));
    expect(claimsOf(first.refresh_token)).toMatchObject({
      type: 'refresh_token',
      created_at: String(startMs),
      expires_in: String(14 * dayMs),
    });
    clock.nowMs += 3 * dayMs;
    const next = await refresh(first.refresh_token);
    expect(claimsOf(next.body.access_token).rtea).toBe(String(startMs + 17 * dayMs));
  });

  it('can leave rtea out', async () => {
    const { signIn } = await startDriver({ access: { rtea: 'absent' } });
    expect(claimsOf((await signIn('alice')).access_token)).not.toHaveProperty('rtea');
  });

  it('follows the access lifetime of its switch, per user', async () => {
    const { ims, clock, signIn } = await startDriver();
    ims.user('bob').profile({ access: { lifetimeSeconds: 3_599 } });
    const alice = await signIn('alice');
    const bob = await signIn('bob');
    expect([alice.expires_in, bob.expires_in]).toEqual([86_399, 3_599]);
    clock.nowMs += 3_599_000;
    expect(ims.inspectAccessToken(String(alice.access_token)).standing).toBe('live');
    expect(ims.inspectAccessToken(String(bob.access_token)).standing).toBe('expired');
  });

  it('can put milliseconds where seconds belong', async () => {
    const { signIn } = await startDriver({ access: { expiresInUnit: 'milliseconds' } });
    expect((await signIn('alice')).expires_in).toBe(86_399_000);
  });

  it('can make tokens long or opaque', async () => {
    const { ims, signIn } = await startDriver();
    expect(String((await signIn('alice')).access_token).length).toBeGreaterThanOrEqual(1_200);
    ims.profile({ tokens: { bytes: 8_192 } });
    const long = await signIn('alice');
    expect(String(long.refresh_token).length).toBeGreaterThanOrEqual(8_192);
    ims.user('alice').profile({ tokens: { shape: 'opaque', bytes: 200 } });
    const opaque = await signIn('alice');
    expect(opaque.access_token).toMatch(/^[\w-]{200}$/);
  });
});

describe('the scope parameter of a refresh', () => {
  it('narrows the access token alone, by default', async () => {
    const { signIn, refresh } = await startDriver();
    const first = await signIn('alice', 'openid,email,offline_access');
    const narrow = await refresh(first.refresh_token, { scope: 'openid' });
    expect(claimsOf(narrow.body.access_token).scope).toBe('openid');
    const wide = await refresh(narrow.body.refresh_token);
    expect(claimsOf(wide.body.access_token).scope).toBe('openid,email,offline_access');
  });

  it('can shrink the grant for good', async () => {
    const { signIn, refresh } = await startDriver({ refresh: { scopeParameter: 'shrinks-grant' } });
    const first = await signIn('alice', 'openid,email,offline_access');
    const narrow = await refresh(first.refresh_token, { scope: 'openid offline_access' });
    const next = await refresh(narrow.body.refresh_token);
    expect(claimsOf(next.body.access_token).scope).toBe('openid,offline_access');
    expect(claimsOf(next.body.refresh_token).scope).toBe('openid,offline_access');
  });

  it('can be ignored', async () => {
    const { signIn, refresh } = await startDriver({ refresh: { scopeParameter: 'ignored' } });
    const first = await signIn('alice', 'openid,offline_access');
    const next = await refresh(first.refresh_token, { scope: 'openid' });
    expect(claimsOf(next.body.access_token).scope).toBe('openid,offline_access');
  });

  it('may not ask for more than was granted, and asking consumes no token', async () => {
    const { signIn, refresh } = await startDriver();
    const first = await signIn('alice', 'openid,offline_access');
    expect((await refresh(first.refresh_token, { scope: 'openid,email' })).body.error).toBe('invalid_scope');
    expect((await refresh(first.refresh_token)).status).toBe(200);
  });
});

describe('terms that wait for the user', () => {
  it('refuse a refresh with a jump address and do not consume the token', async () => {
    const { ims, signIn, refresh } = await startDriver();
    const { refresh_token } = await signIn('alice');
    const alice = ims.user('alice');
    alice.profile({ userAction: { at: 'refresh', jump: 'https://ims-stand-in.invalid/terms' } });
    expect(await refresh(refresh_token)).toMatchObject({
      status: 400,
      body: { error: 'ride_AdobeID_acct_terms', jump: 'https://ims-stand-in.invalid/terms' },
    });
    alice.profile({ userAction: { error: 'ride_AdobeID_acct_actreq', jump: null } });
    const withoutJump = await refresh(refresh_token);
    expect(withoutJump.body.error).toBe('ride_AdobeID_acct_actreq');
    expect(withoutJump.body).not.toHaveProperty('jump');
    alice.profile({ userAction: { at: 'nowhere' } });
    expect((await refresh(refresh_token)).status).toBe(200);
  });
});
