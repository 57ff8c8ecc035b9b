import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { startVaultWorld, type VaultWorld } from '../../support/vault/vault-world.ts';

const HOUR_MS = 3_600_000;

describe('The deployed vault', () => {
  let world: VaultWorld;
  beforeAll(async () => {
    world = await startVaultWorld({ cdkOut: inject('cdkOut') });
  });
  afterAll(() => world.stop());

  it('connects a known user, and the consuming Lambda reads with their token', async () => {
    const { redeemed } = await world.connect('demo.alice', 'alice');
    expect(redeemed).toMatchObject({
      ok: true,
      value: { connectionId: 'demo.alice', sub: world.ims.user('alice').sub, renewable: true },
    });
    expect(await world.readCatalog('demo.alice')).toMatchObject({ catalogId: expect.any(String) });
    expect(world.lightroom.calls().total).toBeGreaterThan(0);
  });

  it('activates nothing before the app redeems', async () => {
    await world.throughConsent('demo.not-redeemed', 'bob');
    expect(await world.api.status('demo.not-redeemed')).toMatchObject({ ok: false, status: 404 });
  });

  it('signs a user in whose id it derives, and answers the same for ten minutes', async () => {
    const appState = 'state-of-the-app-0123456789';
    const { url } = await world.signIn('bob', { return_to: world.landingUrl, app_state: appState });
    expect(url.searchParams.get('app_state')).toBe(appState);
    const connectionCode = url.searchParams.get('connection_code') ?? '';
    const first = await world.api.redeemSignIn({ connectionCode, appState });
    expect(first).toMatchObject({ ok: true, value: { sub: world.ims.user('bob').sub } });
    expect(await world.api.redeemSignIn({ connectionCode, appState })).toEqual(first);
    const connectionId = first.ok ? first.value.connectionId : '';
    expect(connectionId).toMatch(/^adobe-[a-z2-7]{26}$/);
    expect(await world.api.status(connectionId)).toMatchObject({ ok: true, value: { state: 'active' } });
  });

  it('refuses a tenant that a role is not let at, by every route', async () => {
    for (const call of [
      world.api.status('acme.user'),
      world.api.disconnect('acme.user'),
      world.api.openConsent('acme.user', { returnTo: world.landingUrl }),
      world.api.redeemConsent('acme.user', { connectionCode: 'x' }),
      world.apiAs('LightroomReaderRole').status('demo.alice'),
    ]) {
      expect(await call).toMatchObject({ ok: false, status: 403 });
    }
    const reader = world.clientAs('LightroomReaderRole');
    await expect(reader.getAccessToken('acme.user')).rejects.toMatchObject({ code: 'access_denied' });
  });

  it('refreshes an expired access token once for fifty concurrent readers', async () => {
    await world.connect('demo.many', 'alice');
    await world.passDays(2);
    const before = world.ims.ledger.user('alice').tokenPosts.refresh_token;
    const clients = Array.from({ length: 50 }, () => world.clientAs('LightroomReaderRole'));
    const tokens = await Promise.all(clients.map((client) => client.getAccessToken('demo.many')));
    expect(new Set(tokens.map(({ accessToken }) => accessToken)).size).toBe(1);
    expect(world.ims.ledger.user('alice').tokenPosts.refresh_token - before).toBe(1);
    expect(world.ims.ledger.doubleSpends()).toEqual([]);
  });

  it('rotates by its own schedule while no caller reads, for a month, in strict mode', async () => {
    world.ims.user('carol').profile({ rotation: { mode: 'strict' } });
    await world.connect('demo.idle', 'carol');
    await world.passDays(30);
    const { tokenPosts, doubleSpends, liveGrants } = world.ims.ledger.user('carol');
    expect(tokenPosts.refresh_token).toBeGreaterThanOrEqual(3);
    expect(tokenPosts.refresh_token).toBeLessThanOrEqual(5);
    expect({ doubleSpends, liveGrants }).toEqual({ doubleSpends: 0, liveGrants: 1 });
    expect(await world.api.status('demo.idle')).toMatchObject({
      ok: true,
      value: { state: 'active', sliding: 'yes' },
    });
  });

  it('disconnects: unusable at once, then revoked at Adobe, then announced', async () => {
    await world.connect('demo.leaving', 'carol');
    const revokedBefore = world.ims.ledger.user('carol').revocationsConfirmed.refresh;
    expect(await world.api.disconnect('demo.leaving')).toMatchObject({
      ok: true,
      value: { state: 'disconnecting' },
    });
    expect(await world.readCatalog('demo.leaving')).toMatchObject({
      error: { code: 'connection_not_found' },
    });
    await world.api.disconnect('demo.idle');
    await world.stack.time.advanceBy(HOUR_MS);
    expect(await world.api.status('demo.leaving')).toMatchObject({ ok: false, status: 404 });
    expect(world.ims.ledger.user('carol').revocationsConfirmed.refresh).toBeGreaterThan(revokedBefore);
    const types = world.stack.events.published().map((event) => event['detail-type']);
    expect(types).toContain('Disconnected');
  });

  it('finds a revoked user at the next refresh, after the evidence, and lets them come back', async () => {
    world.ims.addUser({ key: 'dora' });
    await world.connect('demo.dora', 'dora');
    world.ims.user('dora').revokeGrants();
    await world.passDays(10);
    expect(await world.api.status('demo.dora')).toMatchObject({ value: { state: 'needs-reauthorization' } });
    expect(await world.readCatalog('demo.dora')).toMatchObject({
      error: { code: 'reauthorization_required' },
    });
    const { redeemed } = await world.connect('demo.dora', 'dora');
    expect(redeemed).toMatchObject({ ok: true, value: { keptPrevious: false } });
    expect(await world.readCatalog('demo.dora')).toMatchObject({ catalogId: expect.any(String) });
  });

  it('completes every call that it made, and no call is denied by mistake', () => {
    expect(world.stack.problems()).toEqual([]);
    const denied = world.stack.iam.denied().map(({ request }) => request.action);
    expect(denied.filter((action) => action !== 'execute-api:Invoke')).toEqual([]);
  });
});
