import { createRemoteJWKSet, decodeProtectedHeader, jwtVerify } from 'jose';
import { describe, expect, it } from 'vitest';
import type { IdTokenProfile } from '../../../local/ims/profile.ts';
import { challengeOf, clientId, redirectUri, startDriver } from './ims-driver.ts';

const verifier = 'v'.repeat(43);

describe('exchanging a code', () => {
  it('answers with the tokens of v3, expiry in seconds', async () => {
    const { ims, signIn } = await startDriver();
    const body = await signIn('alice');
    expect(body).toMatchObject({ token_type: 'bearer', expires_in: 86_399, sub: ims.user('alice').sub });
    expect(Object.keys(body).sort()).toEqual([
      'access_token',
      'expires_in',
      'id_token',
      'refresh_token',
      'sub',
      'token_type',
    ]);
  });

  it('adds userId on v2, and on v1 the profile and milliseconds', async () => {
    const { ims, callback, exchange, post } = await startDriver();
    const on = async (version: string) => {
      const code = (await callback('alice', { scope: 'openid,email,profile,address' })).get('code') ?? '';
      const client = { client_id: clientId, client_secret: 'p8e-stand-in_secret' };
      return (await post(`/ims/token/${version}`, { grant_type: 'authorization_code', code, ...client }))
        .body;
    };
    expect(await on('v2')).toMatchObject({ expires_in: 86_399, userId: ims.user('alice').sub });
    expect(await on('v1')).toMatchObject({
      expires_in: 86_399_000,
      email: 'alice@example.com',
      email_verified: 'true',
      name: 'Alice Example',
      address: { country: 'US' },
    });
    expect((await exchange('')).status).toBe(400);
  });

  it('gives a refresh token only with offline_access, and only to a confidential client', async () => {
    const { ims, signIn, callback, post } = await startDriver();
    expect(await signIn('alice', 'openid')).not.toHaveProperty('refresh_token');
    ims.profile({ credential: { type: 'native-app' } });
    const challenge = { code_challenge: challengeOf(verifier), code_challenge_method: 'S256' };
    const code = (await callback('alice', challenge)).get('code') ?? '';
    const form = { grant_type: 'authorization_code', code, client_id: clientId, code_verifier: verifier };
    const { status, body } = await post('/ims/token/v3', form);
    expect(status).toBe(200);
    expect(body).not.toHaveProperty('refresh_token');
  });

  it('works once', async () => {
    const { callback, exchange } = await startDriver();
    const code = (await callback('alice')).get('code') ?? '';
    expect((await exchange(code)).status).toBe(200);
    expect(await exchange(code)).toMatchObject({ status: 400, body: { error: 'access_denied' } });
  });

  it('works only while the code lives', async () => {
    const { clock, callback, exchange } = await startDriver({ code: { lifetimeSeconds: 60 } });
    const code = (await callback('alice')).get('code') ?? '';
    clock.nowMs += 60_000;
    expect((await exchange(code)).status).toBe(400);
  });

  it('ignores redirect_uri, or enforces it by switch', async () => {
    const { ims, callback, exchange } = await startDriver();
    const code = async () => (await callback('alice')).get('code') ?? '';
    expect((await exchange(await code(), { redirect_uri: 'https://other.example/' })).status).toBe(200);
    ims.profile({ code: { redirectUri: 'enforced' } });
    expect((await exchange(await code(), { redirect_uri: 'https://other.example/' })).status).toBe(400);
    expect((await exchange(await code())).status).toBe(400);
    expect((await exchange(await code(), { redirect_uri: redirectUri })).status).toBe(200);
  });
});

describe('PKCE', () => {
  it('is verified with S256 when a challenge was sent', async () => {
    const { callback, exchange } = await startDriver();
    const challenge = { code_challenge: challengeOf(verifier), code_challenge_method: 'S256' };
    const code = (await callback('alice', challenge)).get('code') ?? '';
    expect((await exchange(code)).body.error).toBe('access_denied');
    expect((await exchange(code, { code_verifier: 'w'.repeat(43) })).body.error).toBe('access_denied');
    expect((await exchange(code, { code_verifier: verifier })).status).toBe(200);
  });

  it('defaults to plain, as IMS does', async () => {
    const { callback, exchange } = await startDriver();
    const code = (await callback('alice', { code_challenge: verifier })).get('code') ?? '';
    expect((await exchange(code, { code_verifier: verifier })).status).toBe(200);
  });

  it('can fail with invalid_grant instead', async () => {
    const { callback, exchange } = await startDriver({ code: { refusalError: 'invalid_grant' } });
    const code = (await callback('alice', { code_challenge: verifier })).get('code') ?? '';
    expect((await exchange(code)).body.error).toBe('invalid_grant');
  });
});

describe('the ID token', () => {
  const start = async (idToken: Partial<IdTokenProfile> = {}) => {
    const driver = await startDriver({ idToken });
    const code = (await driver.callback('alice', { scope: 'openid,email', nonce: 'n-1' })).get('code') ?? '';
    const token = String((await driver.exchange(code)).body.id_token);
    const keys = createRemoteJWKSet(new URL(`${driver.baseUrl}/ims/keys`));
    const verify = (issuer = driver.baseUrl) =>
      jwtVerify(token, keys, { issuer, audience: clientId, currentDate: new Date(driver.clock.nowMs) });
    return { driver, token, verify };
  };

  it('verifies against the published keys and carries nonce and claims', async () => {
    const { driver, verify } = await start();
    const { payload } = await verify();
    expect(payload).toMatchObject({
      sub: driver.ims.user('alice').sub,
      nonce: 'n-1',
      email: 'alice@example.com',
      email_verified: true,
    });
    expect(payload.iat).toBe(driver.clock.nowMs / 1_000);
  });

  it('can name the other issuer, the other key and a bare x5u', async () => {
    const { driver, token, verify } = await start({ issuer: 'host-ims', kid: 'ims', x5u: 'bare-file-name' });
    await verify(`${driver.baseUrl}/ims`);
    expect(decodeProtectedHeader(token)).toEqual({ alg: 'RS256', kid: 'ims', x5u: 'ims.cer' });
  });

  it.each(['wrong-audience', 'expired', 'bad-signature', 'malformed'] as const)(
    'does not verify with the defect %s',
    async (defect) => {
      const { verify } = await start({ defect });
      await expect(verify()).rejects.toThrow();
    },
  );

  it('can carry a wrong nonce or none', async () => {
    const wrong = await (await start({ defect: 'wrong-nonce' })).verify();
    expect(wrong.payload.nonce).not.toBe('n-1');
    const none = await (await start({ defect: 'no-nonce' })).verify();
    expect(none.payload).not.toHaveProperty('nonce');
  });

  it('is left out without openid', async () => {
    const { signIn } = await startDriver();
    expect(await signIn('alice', 'AdobeID,offline_access')).not.toHaveProperty('id_token');
  });
});

describe('access and refresh tokens', () => {
  it('are signed with a key that is not published', async () => {
    const { baseUrl, signIn } = await startDriver({ tokens: { signing: 'rs256' } });
    const { access_token } = await signIn('alice');
    const published = await (await fetch(`${baseUrl}/ims/keys`)).json();
    expect(published).toMatchObject({ keys: [{ kid: 'ims' }, { kid: 'ims_na1-key-1' }] });
    expect(published).toHaveProperty('keys.length', 2);
    const keys = createRemoteJWKSet(new URL(`${baseUrl}/ims/keys`));
    await expect(jwtVerify(String(access_token), keys)).rejects.toThrow();
  });
});
