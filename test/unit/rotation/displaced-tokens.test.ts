import { describe, expect, it } from 'vitest';
import { createBeginDisconnect } from '../../../functions/core/connection/disconnect.ts';
import { takingThePlaceOf } from '../../../functions/core/consent/consent-connection.ts';
import { createFakeVault } from '../../support/fake-vault/fake-vault.ts';
import { exampleConnection } from '../../support/fakes/example-records.ts';
import { createFakeRotator } from '../../support/fakes/fake-rotator.ts';
import type { LedgerOptions } from '../../support/fakes/ims-ledger.ts';

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;

/** A vault whose operator knows that a revocation ends one token alone, or says something else. */
function benchOf(revocationScope: 'token' | 'unknown' = 'token', provider: Partial<LedgerOptions> = {}) {
  const bench = createFakeVault({ mode: 'reuse', revocationScope: 'token', ...provider });
  const deps = { settings: { ...bench.deps.settings, revocationScope } };
  const daily = async (connectionId: string, days: number) => {
    for (let day = 0; day < days; day += 1) {
      bench.clock.advance(DAY_MS);
      const requirement = { scopeSet: '*', minTtlSeconds: 300 };
      const outcome = await bench.rotate({ connectionId, trigger: 'vend', requirement }, deps);
      expect(outcome).toEqual({ outcome: 'rotated' });
    }
  };
  const disconnect = async (connectionId: string) => {
    const rotator = createFakeRotator(async () => 'still-running');
    await createBeginDisconnect({ ...bench.deps, rotator, scopeSets: ['*'] })(connectionId);
    for (let runs = 0; runs < 10; runs += 1) {
      bench.clock.advance(MINUTE_MS);
      if ((await bench.rotate({ connectionId }, deps)).outcome === 'disconnected') return;
    }
    throw new Error('The connection does not end.');
  };
  return { bench, deps, daily, disconnect };
}

describe('Refresh tokens that Adobe lets live after they were used', () => {
  it.each([2, 5, 20])('are revoked by a disconnect after %i daily rotations', async (days) => {
    const { bench, daily, disconnect } = benchOf();
    const { connectionId } = await bench.connect();
    await daily(connectionId, days);
    await disconnect(connectionId);
    expect(bench.ims.ledger.liveRefreshTokens()).toEqual([]);
  });

  it('are not revoked while the connection lives, and make nothing due', async () => {
    const { bench, daily } = benchOf();
    const { connectionId } = await bench.connect();
    await daily(connectionId, 5);
    const stored = await bench.stored(connectionId);
    expect(stored).toMatchObject({ revocations: [], displaced: { length: 4 } });
    expect(stored.dueAtMs).toBe(stored.rotateAtMs);
    expect(bench.ims.ledger.revocations).toEqual([]);
  });

  it('are no longer kept past their end: weekly rotations leave one at most', async () => {
    const { bench, deps } = benchOf();
    const { connectionId } = await bench.connect();
    for (let week = 0; week < 6; week += 1) await bench.fireDue(connectionId, deps);
    const { displaced = [] } = await bench.stored(connectionId);
    expect(displaced.length).toBeLessThanOrEqual(1);
    for (const { endsAtMs } of displaced) expect(endsAtMs - bench.clock.nowMs()).toBeLessThan(2 * DAY_MS);
  });

  it('are bounded in number, the newest kept', async () => {
    const { bench, deps } = benchOf();
    const { connectionId } = await bench.connect();
    for (let hour = 0; hour < 40; hour += 1) {
      bench.clock.advance(60 * MINUTE_MS);
      await bench.rotate({ connectionId, trigger: 'operator' }, deps);
    }
    const { version, displaced = [] } = await bench.stored(connectionId);
    const versions = displaced.map((token) => token.version);
    expect(versions).toEqual(Array.from({ length: 12 }, (_, at) => version - 2 - at));
  });

  it('are revoked too when another user takes the connection over', async () => {
    const { bench, daily } = benchOf();
    const { connectionId } = await bench.connect();
    await daily(connectionId, 5);
    const stored = await bench.stored(connectionId);
    const consent = exampleConnection({
      connectionId,
      generation: `${stored.generation.slice(0, -1)}Z`,
      subject: 'another@AdobeID',
      connectedAtMs: bench.clock.nowMs(),
    });
    const { revocations, displaced } = takingThePlaceOf(stored, consent, [], []);
    expect(revocations.map(({ token }) => token.version)).toEqual([6, 5, 4, 3, 2, 1]);
    expect(displaced).toBeUndefined();
  });

  it('are kept where the setting does not say that a revocation ends one token alone: not at all', async () => {
    const { bench, deps, daily } = benchOf();
    const { connectionId } = await bench.connect();
    await daily(connectionId, 3);
    const unknown = { settings: { ...deps.settings, revocationScope: 'unknown' as const } };
    await bench.rotate({ connectionId, trigger: 'operator' }, unknown);
    const stored = await bench.stored(connectionId);
    expect(stored.displaced).toBeUndefined();
    expect(stored.previousEndsAtMs).toBeUndefined();
  });

  it('are displaced by the recovery of a parked successor as well', async () => {
    const { bench, deps, daily } = benchOf();
    const { connectionId } = await bench.connect();
    await daily(connectionId, 2);
    bench.clock.advance(DAY_MS);
    const update = async (): Promise<never> => {
      throw new Error('The store does not answer.');
    };
    const connections = { ...bench.connections, update };
    await bench.rotate({ connectionId, trigger: 'operator' }, { ...deps, connections });
    const [parked] = bench.parking.parked();
    if (!parked) throw new Error('Nothing was parked.');
    expect(await bench.rotate({ connectionId, trigger: 'parked', parked }, deps)).toEqual({
      outcome: 'recovered',
    });
    expect((await bench.stored(connectionId)).displaced?.map(({ version }) => version)).toEqual([2, 1]);
  });
});
