import { afterEach, describe, expect, it } from 'vitest';
import {
  createLightroomStandIn,
  type LightroomStandIn,
} from '../../../local/lightroom/lightroom-stand-in.ts';
import { clientId, startDriver } from './ims-driver.ts';

const running: LightroomStandIn[] = [];

afterEach(async () => {
  await Promise.all(running.splice(0).map((lightroom) => lightroom.stop()));
});

const reconcile = 'while (1) {}';

async function start() {
  const { ims, clock } = await startDriver();
  const lightroom = createLightroomStandIn({ ims, nowMs: () => clock.nowMs });
  running.push(lightroom);
  const { baseUrl } = await lightroom.start();
  const { accessToken, accessExpiresAtMs } = ims.user('alice').issueGrant();
  const get = async (path: string, headers: Record<string, string> = {}) => {
    const defaults = { authorization: `Bearer ${accessToken}`, 'x-api-key': clientId };
    const response = await fetch(baseUrl + path, { headers: { ...defaults, ...headers } });
    const text = await response.text();
    const body = JSON.parse(text.startsWith(reconcile) ? text.slice(reconcile.length) : text);
    return { status: response.status, text, body, headers: response.headers };
  };
  return { ims, clock, lightroom, baseUrl, get, accessExpiresAtMs };
}

describe('the Lightroom-like API', () => {
  it('serves the user’s catalog and its albums, with the prefix that keeps scripts from reading JSON', async () => {
    const { lightroom, get } = await start();
    const catalog = await get('/v2/catalog');
    expect(catalog.status).toBe(200);
    expect(catalog.text.startsWith(reconcile)).toBe(true);
    const albums = new URL(catalog.body.links['/rels/albums'].href, catalog.body.base);
    const listed = await get(albums.pathname);
    expect(listed.text.startsWith(reconcile)).toBe(true);
    expect(listed.body.resources).toHaveLength(2);
    expect(lightroom.calls()).toEqual({ total: 2, served: 2, refused: {}, servedByUser: { alice: 2 } });
  });

  it('does not show the catalog of another user', async () => {
    const { ims, get } = await start();
    const { id } = (await get('/v2/catalog')).body;
    const authorization = `Bearer ${ims.user('bob').issueGrant().accessToken}`;
    expect((await get(`/v2/catalogs/${id}/albums`, { authorization })).status).toBe(404);
  });

  it('answers 401 without a token, and 403 without the right API key', async () => {
    const { get } = await start();
    expect((await get('/v2/catalog', { authorization: '' })).status).toBe(401);
    expect((await get('/v2/catalog', { 'x-api-key': 'other' })).status).toBe(403);
  });

  it('answers 403 with code 4300 once the token has expired on the virtual clock', async () => {
    const { clock, get, accessExpiresAtMs } = await start();
    clock.nowMs = accessExpiresAtMs;
    const { status, text, body, headers } = await get('/v2/catalog');
    expect([status, body.code]).toEqual([403, 4300]);
    expect(text.startsWith(reconcile)).toBe(true);
    expect(headers.get('date')).toBe(new Date(accessExpiresAtMs).toUTCString());
  });

  it('answers 401 to a revoked or unknown token', async () => {
    const { ims, lightroom, get } = await start();
    expect((await get('/v2/catalog', { authorization: 'Bearer absent' })).status).toBe(401);
    ims.user('alice').revokeGrants();
    expect((await get('/v2/catalog')).status).toBe(401);
    expect(lightroom.calls()).toMatchObject({ total: 2, served: 0, refused: { '401': 2 } });
  });

  it('can refuse a good token, so that a client must ask for another', async () => {
    const { lightroom, get } = await start();
    lightroom.refuseNext();
    expect((await get('/v2/catalog')).body.code).toBe(4300);
    expect((await get('/v2/catalog')).status).toBe(200);
  });
});
