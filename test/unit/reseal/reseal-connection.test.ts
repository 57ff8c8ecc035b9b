import { describe, expect, it } from 'vitest';
import type { Connection } from '../../../functions/core/connection/connection.ts';
import {
  type PendingRevocation,
  refreshBinding,
  revocationBinding,
  type SealBinding,
  type SealedRefreshToken,
} from '../../../functions/core/connection/sealed-token.ts';
import { PlatformError } from '../../../functions/core/platform-error.ts';
import { createResealConnection } from '../../../functions/core/reseal/reseal-connection.ts';
import { Secret } from '../../../functions/core/secret.ts';
import { createFakeVault, type FakeVault } from '../../support/fake-vault/fake-vault.ts';
import { EXAMPLE_CLIENT_ID, exampleBytes } from '../../support/fakes/example-records.ts';
import { createFakeKeyRing } from '../../support/fakes/fake-token-sealer.ts';
import { injectFaults, onCall, replyLost, unreachable } from '../../support/faults/fault-proxy.ts';

const ID = 'acme.user-42';
const MINUTE_MS = 60_000;

/** A connection as the former key left it, and the two keys since. */
async function benchWithNewKey() {
  const bench = createFakeVault({ mode: 'strict' });
  await bench.connect();
  await bench.fireDue(ID);
  const ring = createFakeKeyRing();
  const reseal = (changes: Partial<Parameters<typeof createResealConnection>[0]> = {}) =>
    createResealConnection({ ...bench, sealer: ring.sealer, former: ring.former, ...changes })(ID);
  return { bench, ring, reseal };
}

async function underFormerKey(bench: FakeVault, text: string, binding: SealBinding) {
  return (await bench.sealing.sealer.prepare(binding)).seal(new Secret(text), binding);
}

function withoutSeals(connection: Connection) {
  return JSON.parse(JSON.stringify(connection, (name, value) => (name === 'sealed' ? undefined : value)));
}

describe('Sealing a connection again', () => {
  it('seals every token under the present key with its purpose unchanged, and changes nothing else', async () => {
    const { bench, ring, reseal } = await benchWithNewKey();
    const { generation, version } = await bench.stored(ID);
    const ended = { generation: 'before', version: 3, sealed: exampleBytes(1) };
    const pending: readonly PendingRevocation[] = [
      { kind: 'refresh', token: ended },
      { kind: 'access', subjectKey: 'another-person', token: { ...ended, scopeSet: '*', expiresAtMs: 7 } },
    ];
    const identity = { connectionId: ID, clientId: EXAMPLE_CLIENT_ID };
    const sealed = (text: string, binding: SealBinding) => underFormerKey(bench, text, binding);
    const revocations = await Promise.all(
      pending.map(async (one) => {
        const bytes = await sealed(`pending ${one.kind}`, revocationBinding(identity, one));
        return { ...one, token: { ...one.token, sealed: bytes } } as PendingRevocation;
      }),
    );
    const alternate = {
      generation,
      version,
      sealed: await sealed('alternate', refreshBinding(identity, { generation, version })),
    };
    await bench.connections.update({ expected: await bench.stored(ID), changes: { alternate, revocations } });
    const before = await bench.stored(ID);

    expect(await reseal()).toEqual({ outcome: 'resealed', tokens: 5, unreadable: 0 });

    const after = await bench.stored(ID);
    expect(withoutSeals(after)).toEqual(withoutSeals(before));
    const open = async (sealed: Uint8Array, binding: SealBinding) => {
      expect(ring.isPresent(sealed)).toBe(true);
      return (await ring.opener.open(sealed, binding)).reveal();
    };
    for (const name of ['refresh', 'previous', 'alternate'] as const) {
      const [old, now] = [before[name], after[name]] as [SealedRefreshToken, SealedRefreshToken];
      const binding = refreshBinding(after, now);
      expect(await open(now.sealed, binding)).toBe(
        (await bench.sealing.opener.open(old.sealed, binding)).reveal(),
      );
    }
    const opened = after.revocations.map((one) => open(one.token.sealed, revocationBinding(after, one)));
    expect(await Promise.all(opened)).toEqual(['pending refresh', 'pending access']);
    expect(bench.ims.ledger.posts.length, 'nothing is redeemed').toBe(1);
  });

  it('once is enough: the second time nothing is written', async () => {
    const { bench, reseal } = await benchWithNewKey();
    await reseal();
    const before = await bench.stored(ID);
    expect(await reseal()).toEqual({ outcome: 'unchanged', unreadable: 0 });
    expect(await bench.stored(ID)).toEqual(before);
  });

  it('of an unknown id is not found', async () => {
    const { bench, reseal } = await benchWithNewKey();
    bench.memory.connections.clear();
    expect(await reseal()).toEqual({ outcome: 'not-found' });
  });

  it('leaves a connection alone that is being rotated', async () => {
    const { bench, reseal } = await benchWithNewKey();
    const lease = { runId: 'another-run', untilMs: bench.clock.nowMs() + MINUTE_MS };
    await bench.connections.update({ expected: await bench.stored(ID), changes: { lease } });
    const before = await bench.stored(ID);
    expect(await reseal()).toEqual({ outcome: 'busy' });
    expect(await bench.stored(ID)).toEqual(before);
    bench.clock.advance(2 * MINUTE_MS);
    expect(await reseal()).toMatchObject({ outcome: 'resealed' });
    expect(
      (await bench.stored(ID)).lease,
      'the next rotation still looks for what its dead holder parked',
    ).toEqual(lease);
  });

  it.each([
    ['a rotation', async (bench: FakeVault) => void (await bench.fireDue(ID))],
    [
      'a claim',
      async (bench: FakeVault) => {
        const lease = { runId: 'another-run', untilMs: bench.clock.nowMs() + MINUTE_MS };
        await bench.connections.update({ expected: await bench.stored(ID), changes: { lease } });
      },
    ],
    [
      'an answer that made another token the present one without a new version',
      async (bench: FakeVault) => {
        const { previous } = await bench.stored(ID);
        if (previous)
          await bench.connections.update({
            expected: await bench.stored(ID),
            changes: { refresh: previous },
          });
      },
    ],
    [
      'an alternate',
      async (bench: FakeVault) => {
        const { refresh } = await bench.stored(ID);
        if (refresh)
          await bench.connections.update({
            expected: await bench.stored(ID),
            changes: { alternate: refresh },
          });
      },
    ],
  ])('overwrites nothing when %s happens during a KMS call', async (_name, meanwhile) => {
    const { bench, ring, reseal } = await benchWithNewKey();
    let after: Connection | undefined;
    const sealer = {
      prepare: async (...context: Parameters<typeof ring.sealer.prepare>) => {
        if (!after) await meanwhile(bench);
        after ??= await bench.stored(ID);
        return ring.sealer.prepare(...context);
      },
    };
    expect(await reseal({ sealer })).toEqual({ outcome: 'busy' });
    expect(await bench.stored(ID)).toEqual(after);
  });

  it('leaves a broken seal as it is, says so, and seals the others', async () => {
    const { bench, ring, reseal } = await benchWithNewKey();
    const { refresh } = await bench.stored(ID);
    const broken = { ...refresh, sealed: exampleBytes(40) } as SealedRefreshToken;
    await bench.connections.update({ expected: await bench.stored(ID), changes: { refresh: broken } });
    expect(await reseal()).toEqual({ outcome: 'resealed', tokens: 1, unreadable: 1 });
    const after = await bench.stored(ID);
    expect(after.refresh).toEqual(broken);
    expect(ring.isPresent(after.previous?.sealed ?? exampleBytes(1))).toBe(true);
    expect(await reseal()).toEqual({ outcome: 'unchanged', unreadable: 1 });
  });

  it('names a token under a key that is not configured as one it cannot read', async () => {
    const { bench, reseal } = await benchWithNewKey();
    const before = await bench.stored(ID);
    const openFormer = () => Promise.reject(new PlatformError('KEY_UNKNOWN', 'no'));
    expect(await reseal({ former: { openFormer } })).toEqual({ outcome: 'unchanged', unreadable: 2 });
    expect(await bench.stored(ID)).toEqual(before);
  });

  it('writes nothing while KMS is out of reach, and reports a missing permission as what it is', async () => {
    const { bench, reseal } = await benchWithNewKey();
    const before = await bench.stored(ID);
    const failing = (code: 'KEY_UNAVAILABLE' | 'ACCESS_DENIED') => ({
      openFormer: async () => {
        throw new PlatformError(code, 'no');
      },
    });
    expect(await reseal({ former: failing('KEY_UNAVAILABLE') })).toEqual({ outcome: 'key-unavailable' });
    await expect(reseal({ former: failing('ACCESS_DENIED') })).rejects.toMatchObject({
      code: 'ACCESS_DENIED',
    });
    expect(await bench.stored(ID)).toEqual(before);
  });

  it.each([
    ['before', unreachable, 'resealed'],
    ['after', replyLost, 'unchanged'],
  ] as const)(
    'that crashes %s its write costs nothing: the next one completes the work',
    async (_when, fault, outcome) => {
      const { bench, ring, reseal } = await benchWithNewKey();
      const connections = injectFaults(bench.connections, [fault('STORE_UNAVAILABLE', onCall('update', 1))]);
      await expect(reseal({ connections })).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
      expect(await reseal()).toMatchObject({ outcome });
      const { refresh, previous } = await bench.stored(ID);
      expect([refresh, previous].map((token) => token && ring.isPresent(token.sealed))).toEqual([true, true]);
    },
  );
});
