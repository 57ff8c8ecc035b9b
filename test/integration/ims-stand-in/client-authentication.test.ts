import { describe, expect, it } from 'vitest';
import type { ImsProfileChange } from '../../../local/ims/profile.ts';
import { clientId, clientSecret, startDriver } from './ims-driver.ts';

function basic(id: string, secret: string) {
  return {
    authorization: `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}`,
  };
}

async function start(profile: ImsProfileChange = {}) {
  const driver = await startDriver({ ...profile, rotation: { mode: 'never' } });
  const { refreshToken } = driver.ims.user('alice').issueGrant();
  const grant = { grant_type: 'refresh_token', refresh_token: refreshToken };
  const post = (form: Record<string, string>, init: RequestInit = {}, query = '') =>
    driver.post(`/ims/token/v3${query}`, { ...grant, ...form }, init);
  return { ...driver, post, grant };
}

describe('client authentication', () => {
  it('accepts Basic with raw concatenation, the body, or both', async () => {
    const { post } = await start();
    const inBody = { client_id: clientId, client_secret: clientSecret };
    const headers = basic(clientId, clientSecret);
    expect((await post({}, { headers })).status).toBe(200);
    expect((await post(inBody)).status).toBe(200);
    expect((await post(inBody, { headers })).status).toBe(200);
  });

  it('does not decode Basic credentials that were form-encoded first', async () => {
    const { post } = await start();
    const encoded = clientSecret.replaceAll('-', '%2D').replaceAll('_', '%5F');
    expect((await post({}, { headers: basic(clientId, encoded) })).body.error).toBe('invalid_client');
  });

  it('refuses a wrong secret and an unknown client in the words of IMS, and leaves the grant alone', async () => {
    const { ims, post } = await start();
    expect(await post({ client_id: clientId, client_secret: 'wrong' })).toMatchObject({
      status: 400,
      body: { error: 'invalid_client', error_description: 'invalid client_secret parameter' },
    });
    expect(await post({ client_id: 'other', client_secret: clientSecret })).toMatchObject({
      status: 400,
      body: { error: 'invalid_client', error_description: 'invalid client_id parameter' },
    });
    expect((await post({ client_id: clientId })).body.error).toBe('invalid_client');
    expect(ims.ledger.total().liveGrants).toBe(1);
    expect(ims.ledger.user('alice').refusals).toEqual({ invalid_client: 3 });
  });

  it('refuses two ways of authentication that disagree', async () => {
    const { post } = await start();
    const headers = basic(clientId, clientSecret);
    expect((await post({ client_id: clientId, client_secret: 'wrong' }, { headers })).status).toBe(400);
  });

  it('can answer 401 instead', async () => {
    const { post } = await start({ clientAuthentication: { refusalStatus: 401 } });
    expect((await post({ client_id: clientId, client_secret: 'wrong' })).status).toBe(401);
  });

  it('can be limited to one method', async () => {
    const { ims, post } = await start({ clientAuthentication: { accepted: ['basic'] } });
    const inBody = { client_id: clientId, client_secret: clientSecret };
    const headers = basic(clientId, clientSecret);
    expect((await post(inBody)).status).toBe(400);
    expect((await post({}, { headers })).status).toBe(200);
    ims.profile({ clientAuthentication: { accepted: ['body'] } });
    expect((await post(inBody)).status).toBe(200);
    expect((await post({}, { headers })).status).toBe(400);
  });

  it('knows one or two live secrets', async () => {
    const { ims, post } = await start({ credential: { clientSecrets: ['old', 'new'] } });
    const withSecret = async (client_secret: string) =>
      (await post({ client_id: clientId, client_secret })).status;
    expect([await withSecret('old'), await withSecret('new')]).toEqual([200, 200]);
    ims.profile({ credential: { clientSecrets: ['new'] } });
    expect([await withSecret('old'), await withSecret('new')]).toEqual([400, 200]);
  });

  it('asks public clients for their id only', async () => {
    const { post } = await start({ credential: { type: 'single-page-app' } });
    expect((await post({ client_id: clientId })).status).toBe(200);
    expect((await post({ client_id: 'other' })).status).toBe(400);
  });
});

describe('parameters of the token endpoint', () => {
  it('may come in the query, unless that is switched off', async () => {
    const { ims, post } = await start();
    const query = `?client_id=${clientId}&client_secret=${clientSecret}`;
    expect((await post({}, {}, query)).status).toBe(200);
    ims.profile({ clientAuthentication: { parameters: 'body-only' } });
    expect((await post({}, {}, query)).status).toBe(400);
  });

  it('may come as multipart, unless that is switched off', async () => {
    const { ims, post, grant } = await start();
    const body = () => {
      const form = new FormData();
      const all = { ...grant, client_id: clientId, client_secret: clientSecret };
      for (const [name, value] of Object.entries(all)) form.set(name, value);
      return form;
    };
    expect((await post({}, { body: body() })).status).toBe(200);
    ims.profile({ clientAuthentication: { multipart: 'refused' } });
    expect((await post({}, { body: body() })).status).toBe(400);
  });

  it('are missed when missing', async () => {
    const { ims, post } = await start();
    const client = { client_id: clientId, client_secret: clientSecret };
    expect((await post({ ...client, refresh_token: '' })).body.error).toBe('bad_request');
    expect((await post({ ...client, grant_type: 'password' })).body.error).toBe('unsupported_grant_type');
    expect(ims.ledger.total().tokenPosts.other).toBe(1);
  });
});
