import { request } from 'node:http';
import { describe, expect, it } from 'vitest';
import { startDriver } from './ims-driver.ts';

describe('every answer', () => {
  it.each(['/ims/keys', '/ims/authorize/v2', '/ims/userinfo/v2', '/nowhere'])(
    'of %s has a debug id, may not be stored, and is dated by the virtual clock',
    async (path) => {
      const { baseUrl, clock } = await startDriver();
      clock.nowMs = Date.UTC(2031, 4, 6, 7, 8, 9);
      const { headers } = await fetch(baseUrl + path);
      expect(headers.get('x-debug-id')).toMatch(/^stand-in-[0-9a-f-]{36}$/);
      expect(headers.get('cache-control')).toBe('no-store');
      expect(headers.get('date')).toBe('Tue, 06 May 2031 07:08:09 GMT');
    },
  );
});

describe('discovery', () => {
  it.each(['/ims/.well-known/openid-configuration', '/.well-known/openid-configuration'])(
    'is served at %s and names this server, not Adobe',
    async (path) => {
      const { baseUrl } = await startDriver();
      const text = await (await fetch(baseUrl + path)).text();
      expect(JSON.parse(text)).toMatchObject({
        issuer: baseUrl,
        authorization_endpoint: `${baseUrl}/ims/authorize/v2`,
        token_endpoint: `${baseUrl}/ims/token/v3`,
        revocation_endpoint: `${baseUrl}/ims/revoke`,
        jwks_uri: `${baseUrl}/ims/keys`,
      });
      expect(text).not.toContain('adobelogin');
    },
  );
});

describe('the server', () => {
  it('listens on loopback and takes the same port again after a stop', async () => {
    const { ims, baseUrl } = await startDriver();
    expect(new URL(baseUrl).hostname).toBe('127.0.0.1');
    await ims.stop();
    await expect(fetch(`${baseUrl}/ims/keys`)).rejects.toThrow();
    expect((await ims.start()).baseUrl).toBe(baseUrl);
    expect((await fetch(`${baseUrl}/ims/keys`)).status).toBe(200);
  });

  it('keeps its grants over a stop', async () => {
    const { ims, refresh } = await startDriver();
    const { refreshToken } = ims.user('alice').issueGrant();
    await ims.stop();
    await ims.start();
    expect((await refresh(refreshToken)).status).toBe(200);
  });

  it('answers 500 to a request it cannot read', async () => {
    const { baseUrl } = await startDriver();
    const status = await new Promise((resolve, reject) => {
      const sent = request(`${baseUrl}/ims/token/v3`, { method: 'POST' }, (response) => {
        response.resume();
        resolve(response.statusCode);
      });
      sent.on('error', reject);
      sent.end(Buffer.alloc(1_100_000));
    });
    expect(status).toBe(500);
  });
});
