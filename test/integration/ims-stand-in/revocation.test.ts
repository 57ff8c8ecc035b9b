import { describe, expect, it } from 'vitest';
import type { ImsProfileChange } from '../../../local/ims/profile.ts';
import { clientId, clientSecret, startDriver } from './ims-driver.ts';

const client = { client_id: clientId, client_secret: clientSecret };

async function start(profile: ImsProfileChange = {}) {
  const driver = await startDriver(profile);
  const grant = driver.ims.user('alice').issueGrant(['openid', 'email', 'offline_access']);
  const other = driver.ims.user('alice').issueGrant();
  const bobs = driver.ims.user('bob').issueGrant();
  const standing = (token: string) =>
    driver.ims.ledger.refreshToken(token)?.standing ?? driver.ims.inspectAccessToken(token).standing;
  const revoke = (token: string) => driver.post('/ims/revoke', { token, ...client });
  return { ...driver, grant, other, bobs, standing, revoke };
}

describe('POST /ims/revoke', () => {
  it('answers 200 with an empty body, to Basic as well as to body credentials', async () => {
    const { ims, revoke, post, grant, standing } = await start();
    expect(await revoke(grant.refreshToken)).toMatchObject({ status: 200, text: '' });
    const authorization = `Basic ${Buffer.from(`${clientId}:${clientSecret}`).toString('base64')}`;
    const init = { headers: { authorization } };
    expect((await post('/ims/revoke', { token: grant.accessToken }, init)).status).toBe(200);
    expect([standing(grant.refreshToken), standing(grant.accessToken)]).toEqual(['revoked', 'revoked']);
    expect(ims.ledger.user('alice').revocationsConfirmed).toEqual({ access: 1, refresh: 1 });
  });

  it.each([
    ['token', ['live', 'good', 'good']],
    ['grant', ['revoked', 'good', 'good']],
    ['user', ['revoked', 'revoked', 'good']],
  ] as const)('reaches as far as its switch says: %s', async (reach, expected) => {
    const { revoke, grant, other, bobs, standing } = await start({ revocation: { reach } });
    await revoke(grant.refreshToken);
    expect(standing(grant.refreshToken)).toBe('revoked');
    expect([grant.accessToken, other.refreshToken, bobs.refreshToken].map(standing)).toEqual(expected);
  });

  it('confirms an unknown token, or refuses it by switch', async () => {
    const { ims, revoke } = await start();
    expect((await revoke('unknown')).status).toBe(200);
    ims.profile({ revocation: { unknownToken: 400 } });
    expect((await revoke('unknown')).status).toBe(400);
    expect(ims.ledger.total().revocationsConfirmed).toEqual({ access: 0, refresh: 0 });
  });

  it('refuses a client with a wrong secret', async () => {
    const { post, grant, standing } = await start();
    const form = { token: grant.refreshToken, client_id: clientId, client_secret: 'wrong' };
    expect((await post('/ims/revoke', form)).body.error).toBe('invalid_client');
    expect(standing(grant.refreshToken)).toBe('good');
  });

  it('makes a refresh fail with the error of revoked tokens, which does not count as a second use', async () => {
    const { ims, revoke, refresh, grant } = await start();
    await revoke(grant.refreshToken);
    expect((await refresh(grant.refreshToken)).body.error).toBe('invalid_grant');
    expect(ims.ledger.total().doubleSpends).toBe(0);
  });
});

describe('a user who removes the application', () => {
  it('ends refresh and access tokens of every grant', async () => {
    const { ims, grant, other, bobs, refresh, standing } = await start();
    ims.user('alice').revokeGrants();
    expect((await refresh(other.refreshToken)).body.error).toBe('invalid_grant');
    expect(standing(grant.accessToken)).toBe('revoked');
    expect(standing(bobs.refreshToken)).toBe('good');
  });

  it('may leave access tokens alive until they expire', async () => {
    const { ims, clock, grant, standing } = await start();
    ims.user('alice').revokeGrants({ accessTokens: 'survive' });
    expect(standing(grant.refreshToken)).toBe('revoked');
    expect(standing(grant.accessToken)).toBe('live');
    clock.nowMs = grant.accessExpiresAtMs;
    expect(standing(grant.accessToken)).toBe('expired');
  });
});

describe('what the other endpoints say of a token', () => {
  it('userinfo shows the claims of the scopes, and 401 once the token is gone', async () => {
    const { ims, baseUrl, revoke, grant } = await start();
    const userinfo = () =>
      fetch(`${baseUrl}/ims/userinfo/v2`, { headers: { authorization: `Bearer ${grant.accessToken}` } });
    expect(await (await userinfo()).json()).toEqual({
      sub: ims.user('alice').sub,
      email: 'alice@example.com',
      email_verified: true,
    });
    ims.profile({ userinfo: { emailVerified: 'string' } });
    expect(await (await userinfo()).json()).toMatchObject({ email_verified: 'true' });
    await revoke(grant.accessToken);
    expect((await userinfo()).status).toBe(401);
  });

  it('validate_token follows expiry, rotation and revocation', async () => {
    const { clock, post, refresh, revoke, grant, other } = await start();
    const validate = async (type: string, token: string) =>
      (await post('/ims/validate_token/v1', { type, token, client_id: clientId })).body;
    expect(await validate('access_token', grant.accessToken)).toMatchObject({
      valid: true,
      token: { type: 'access_token', scope: 'openid,email,offline_access' },
    });
    expect(await validate('refresh_token', grant.accessToken)).toEqual({
      valid: false,
      reason: 'wrong type',
    });
    expect(await validate('access_token', 'x')).toEqual({ valid: false, reason: 'unknown token' });
    await refresh(grant.refreshToken);
    expect(await validate('refresh_token', grant.refreshToken)).toEqual({ valid: false, reason: 'spent' });
    await revoke(other.refreshToken);
    expect(await validate('refresh_token', other.refreshToken)).toEqual({ valid: false, reason: 'revoked' });
    clock.nowMs = grant.accessExpiresAtMs;
    expect(await validate('access_token', grant.accessToken)).toEqual({ valid: false, reason: 'expired' });
    expect((await post('/ims/validate_token/v1', { token: 'x' })).status).toBe(400);
  });

  it('validate_token takes the token as bearer too', async () => {
    const { post, grant } = await start();
    const headers = { authorization: `Bearer ${grant.accessToken}` };
    const form = { type: 'access_token', client_id: clientId };
    expect((await post('/ims/validate_token/v1', form, { headers })).body.valid).toBe(true);
  });

  it('logout ends the grant of its access token, in the browser or behind it', async () => {
    const { baseUrl, post, grant, other, standing } = await start();
    const back = 'http://127.0.0.1:8000/bye';
    const query = new URLSearchParams({ access_token: grant.accessToken, redirect_uri: back });
    const front = await fetch(`${baseUrl}/ims/logout/v1?${query}`, { redirect: 'manual' });
    expect([front.status, front.headers.get('location')]).toEqual([302, back]);
    expect(standing(grant.refreshToken)).toBe('revoked');
    const behind = await post('/ims/logout/v1', { access_token: other.accessToken, ...client });
    expect([behind.status, standing(other.refreshToken)]).toEqual([200, 'revoked']);
  });
});
