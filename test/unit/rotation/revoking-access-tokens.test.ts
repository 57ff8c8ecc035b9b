import { describe, expect, it } from 'vitest';
import { tokenDigest } from '../../../functions/core/access-tokens/access-token-record.ts';
import type { RotationDeps } from '../../../functions/core/rotation/run.ts';
import { Secret } from '../../../functions/core/secret.ts';
import { createFakeVault } from '../../support/fake-vault/fake-vault.ts';
import { injectFaults, onEvery, unreachable } from '../../support/faults/fault-proxy.ts';

const WANTED = { scopeSet: '*', minTtlSeconds: 300 };
const REVOKED = { outcome: 'access-tokens-revoked' };

/** A connection whose access token is in the cache. */
async function benchWithToken(revocationScope: RotationDeps['settings']['revocationScope'] = 'token') {
  // The ledger ends everything of the user where it is not known to end one token only.
  const bench = createFakeVault({ revocationScope: revocationScope === 'token' ? 'token' : 'user' });
  const { connectionId } = await bench.connect();
  await bench.fireDue(connectionId);
  const settings = { ...bench.deps.settings, revocationScope };
  const cached = await bench.accessTokens.read(connectionId, '*');
  if (cached?.kind !== 'token') throw new Error('Nothing is cached.');
  const revoke = (replaced: Partial<RotationDeps> = {}) =>
    bench.rotate({ connectionId, trigger: 'revoke-access' }, { settings, ...replaced });
  const vend = () => bench.rotate({ connectionId, trigger: 'vend', requirement: WANTED }, { settings });
  const record = () => bench.accessTokens.read(connectionId, '*');
  /** Of the ledger's tokens, the one that is cached. */
  const revokedAtIms = () =>
    bench.ims.ledger.revocations.filter(({ token }) => cached.digest === digestOf(token)).length;
  return { ...bench, connectionId, settings, cached, revoke, vend, record, revokedAtIms };
}

describe('Revoking an access token', () => {
  it('ends it at IMS and in the cache, and the next vend refreshes', async () => {
    const bench = await benchWithToken();
    const { generation, version } = await bench.stored(bench.connectionId);
    expect(await bench.revoke()).toEqual({
      ...REVOKED,
      invalidated: 1,
      revokedAtAdobe: true,
      pending: false,
    });

    expect(bench.revokedAtIms()).toBe(1);
    expect(await bench.record()).toMatchObject({ kind: 'tombstone', generation });
    expect(await bench.stored(bench.connectionId)).toMatchObject({ state: 'active', version });
    bench.clock.advance(60_000);
    expect(await bench.vend()).toEqual({ outcome: 'rotated' });
    expect(await bench.record()).toMatchObject({ kind: 'token', generation, version: version + 1 });
  });

  it.each(['unknown', 'user'] as const)(
    'invalidates it only where revocations are %s: the grant could end with it',
    async (scope) => {
      const bench = await benchWithToken(scope);
      expect(await bench.revoke()).toEqual({
        ...REVOKED,
        invalidated: 1,
        revokedAtAdobe: false,
        pending: false,
      });
      expect(bench.ims.calls.revocations).toBe(0);
      expect(await bench.record()).toMatchObject({ kind: 'tombstone' });
      bench.clock.advance(60_000);
      expect(await bench.vend()).toEqual({ outcome: 'rotated' });
    },
  );

  it('invalidates it only, too, where it is not known whose it is', async () => {
    const bench = await benchWithToken('unknown');
    await bench.connections.update({
      expected: await bench.stored(bench.connectionId),
      changes: { subject: null, subjectKey: null },
    });
    expect(await bench.revoke()).toMatchObject({ invalidated: 1, revokedAtAdobe: false });
    expect(bench.ims.calls.revocations).toBe(0);
  });

  it('can be repeated, and finds nothing more to invalidate', async () => {
    const bench = await benchWithToken();
    await bench.revoke();
    expect(await bench.revoke()).toEqual({
      ...REVOKED,
      invalidated: 0,
      revokedAtAdobe: false,
      pending: false,
    });
    expect(bench.ims.calls.revocations).toBe(1);
  });

  it('leaves it with the connection when IMS does not answer: its due time revokes it', async () => {
    const bench = await benchWithToken();
    bench.ims.scriptRevoke({ kind: 'retry' });
    expect(await bench.revoke()).toEqual({
      ...REVOKED,
      invalidated: 1,
      revokedAtAdobe: false,
      pending: true,
    });
    expect(await bench.record()).toMatchObject({ kind: 'tombstone' });
    const owing = await bench.stored(bench.connectionId);
    expect(owing.revocations).toMatchObject([{ kind: 'access', token: { generation: owing.generation } }]);

    await bench.fireDue(bench.connectionId, { settings: bench.settings });
    expect(bench.revokedAtIms()).toBe(1);
    expect((await bench.stored(bench.connectionId)).revocations).toEqual([]);
  });

  describe('while a rotation holds the lease', () => {
    async function leased() {
      const bench = await benchWithToken();
      const claimed = await bench.connections.claim({
        expected: await bench.stored(bench.connectionId),
        lease: { runId: 'another', untilMs: bench.clock.nowMs() + 60_000 },
        states: ['active'],
        nowMs: bench.clock.nowMs(),
        leaseMarginMs: 3_000,
      });
      expect(claimed).toBe('claimed');
      return bench;
    }

    it('does not wait for it', async () => {
      const bench = await leased();
      expect(await bench.revoke()).toMatchObject({ invalidated: 1, revokedAtAdobe: true });
      expect(await bench.stored(bench.connectionId)).toMatchObject({ lease: { runId: 'another' } });
    });

    it('adds no revocation that its commit would overlook, and leaves the token to the next request', async () => {
      const bench = await leased();
      bench.ims.scriptRevoke({ kind: 'retry' });
      expect(await bench.revoke()).toMatchObject({ outcome: 'busy' });
      expect(await bench.stored(bench.connectionId)).toMatchObject({ revocations: [] });
      expect(await bench.record()).toEqual(bench.cached);
    });
  });

  it('leaves the token where it is when its revocation cannot be stored', async () => {
    const bench = await benchWithToken();
    bench.ims.scriptRevoke({ kind: 'retry' });
    const connections = injectFaults(bench.connections, [
      unreachable('STORE_UNAVAILABLE', onEvery('update')),
    ]);
    await expect(bench.revoke({ connections })).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
    expect(await bench.record()).toEqual(bench.cached);
  });

  it('invalidates it although the key cannot open it now, and leaves it with the connection', async () => {
    const bench = await benchWithToken();
    const opener = injectFaults(bench.deps.opener, [unreachable('KEY_UNAVAILABLE', onEvery('open'))]);
    expect(await bench.revoke({ opener })).toMatchObject({
      invalidated: 1,
      revokedAtAdobe: false,
      pending: true,
    });
    expect(await bench.record()).toMatchObject({ kind: 'tombstone' });
  });

  it('does not invalidate a newer token that was published meanwhile', async () => {
    const bench = await benchWithToken();
    const newer = { ...bench.cached, version: bench.cached.version + 1, digest: 'fedcba9876543210' };
    const ims = {
      ...bench.ims,
      revoke: async (...call: Parameters<typeof bench.ims.revoke>) => {
        await bench.accessTokens.publish(newer, 9_999_999_999);
        return bench.ims.revoke(...call);
      },
    };
    expect(await bench.revoke({ ims })).toMatchObject({ invalidated: 0, revokedAtAdobe: true });
    expect(await bench.record()).toEqual(newer);
  });

  it('reaches the narrower tokens too', async () => {
    const bench = await benchWithToken();
    const settings = { ...bench.settings, scopeSets: ['*', 'openid'] };
    await bench.rotate(
      {
        connectionId: bench.connectionId,
        trigger: 'vend',
        requirement: { scopeSet: 'openid', minTtlSeconds: 300 },
      },
      { settings },
    );
    expect(await bench.revoke({ settings })).toMatchObject({ invalidated: 2, revokedAtAdobe: true });
    expect(await bench.accessTokens.read(bench.connectionId, 'openid')).toMatchObject({ kind: 'tombstone' });
  });

  it('leaves one that has expired alone', async () => {
    const bench = await benchWithToken();
    bench.clock.setNowMs(bench.cached.expiresAtMs);
    expect(await bench.revoke()).toMatchObject({ invalidated: 0, revokedAtAdobe: false });
    expect(await bench.record()).toEqual(bench.cached);
  });

  it.each(['disconnecting', 'disconnected'] as const)('finds no connection that is %s', async (state) => {
    const bench = await benchWithToken();
    await bench.connections.update({ expected: await bench.stored(bench.connectionId), changes: { state } });
    expect(await bench.revoke()).toEqual({ outcome: 'not-found' });
    expect(await bench.rotate({ connectionId: 'acme.absent', trigger: 'revoke-access' })).toEqual({
      outcome: 'not-found',
    });
    expect(bench.ims.calls.revocations).toBe(0);
  });
});

function digestOf(token: string) {
  return tokenDigest(new Secret(token));
}
