import { describe, expect, it } from 'vitest';
import type { Connection } from '../../../functions/core/connection/connection.ts';
import { createDeadline } from '../../../functions/core/deadline.ts';
import type { ConnectionSource, SourceRow } from '../../../functions/core/ports/connections.ts';
import { createReconcile } from '../../../functions/core/reconcile/reconcile.ts';
import {
  type RestoreProgress,
  restoreConnections,
} from '../../../functions/core/restore/restore-connections.ts';
import { createFakeVault, type FakeVault } from '../../support/fake-vault/fake-vault.ts';
import { createFakeDueIndex } from '../../support/fakes/fake-connection-indexes.ts';
import { injectFaults, onCall, unreachable } from '../../support/faults/fault-proxy.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** Yesterday's table, in pages of three. */
function tableOf(connections: readonly Connection[], ...more: readonly SourceRow[]): ConnectionSource {
  const rows = [...connections.map((connection) => ({ kind: 'connection', connection }) as const), ...more];
  return {
    async *rows() {
      for (let first = 0; first < rows.length; first += 3) {
        await Promise.resolve();
        yield rows.slice(first, first + 3);
      }
    },
  };
}

async function snapshotOf(bench: FakeVault): Promise<readonly Connection[]> {
  await Promise.resolve();
  return structuredClone([...bench.memory.connections.values()]);
}

function restoring(bench: FakeVault, source: ConnectionSource, onProgress?: (p: RestoreProgress) => void) {
  return restoreConnections({ ...bench.deps, source }, onProgress);
}

async function reconcileAndFire(bench: FakeVault): Promise<void> {
  const settings = { maxSchedulesPerMinute: 60 };
  const reconcile = createReconcile({
    ...bench,
    scheduleGroup: bench.schedules.group,
    dueIndex: createFakeDueIndex(bench.memory),
    settings,
  });
  bench.clock.advance(HOUR_MS);
  await reconcile(createDeadline(bench.clock, 300_000));
  bench.clock.advance(HOUR_MS);
  for (const { connectionId } of bench.schedules.fireDue(bench.clock.nowMs()))
    await bench.rotate({ connectionId });
}

describe('A restore from an older table', () => {
  it('brings back what is missing, due at once under a later generation, and the reconciler rotates it', async () => {
    const bench = createFakeVault();
    const { connectionId, generation } = await bench.connect();
    const yesterday = await snapshotOf(bench);
    bench.memory.connections.clear();
    bench.schedules.loseGroup();
    expect(await restoring(bench, tableOf(yesterday))).toMatchObject({ read: 1, restored: 1, present: 0 });
    const restored = await bench.stored(connectionId);
    expect(restored).toMatchObject({ state: 'suspect', dueAtMs: bench.clock.nowMs() });
    expect(restored.generation > generation).toBe(true);
    await reconcileAndFire(bench);
    expect(await bench.stored(connectionId)).toMatchObject({ state: 'active', version: 2 });
  });

  it('overwrites nothing that is there, and may be repeated', async () => {
    const bench = createFakeVault();
    for (const connectionId of ['fleet.1', 'fleet.2', 'fleet.3', 'fleet.4'])
      await bench.connect({ connectionId });
    const yesterday = await snapshotOf(bench);
    await bench.fireDue('fleet.1');
    bench.memory.connections.delete('fleet.2');
    const before = await bench.stored('fleet.1');
    expect(await restoring(bench, tableOf(yesterday))).toMatchObject({ restored: 1, present: 3 });
    expect(await bench.stored('fleet.1')).toEqual(before);
    expect(await restoring(bench, tableOf(yesterday))).toMatchObject({ restored: 0, present: 4 });
  });

  it('loses only tokens consumed since: such a token is refused with the usual patience', async () => {
    const bench = createFakeVault({ mode: 'strict' });
    await bench.connect({ connectionId: 'fleet.spent' });
    await bench.connect({ connectionId: 'fleet.unspent' });
    const yesterday = await snapshotOf(bench);
    await bench.fireDue('fleet.spent');
    bench.memory.connections.clear();
    await restoring(bench, tableOf(yesterday));
    await reconcileAndFire(bench);
    expect(await bench.stored('fleet.unspent')).toMatchObject({ state: 'active' });
    expect(await bench.stored('fleet.spent')).toMatchObject({ state: 'suspect', evidence: { count: 1 } });
    for (let run = 0; run < 5; run += 1) await bench.fireDue('fleet.spent');
    expect(await bench.stored('fleet.spent')).toMatchObject({ state: 'needs-reauthorization' });
  });

  it('does not reconnect a disconnected user', async () => {
    const bench = createFakeVault();
    await bench.connect({ connectionId: 'fleet.gone', state: 'disconnecting' });
    const yesterday = await snapshotOf(bench);
    bench.memory.connections.clear();
    await restoring(bench, tableOf(yesterday));
    expect(await bench.stored('fleet.gone')).toMatchObject({ state: 'disconnecting' });
  });

  it('names rows it cannot read, reports its progress, and continues', async () => {
    const bench = createFakeVault();
    for (const connectionId of ['fleet.1', 'fleet.2']) await bench.connect({ connectionId });
    const yesterday = await snapshotOf(bench);
    bench.memory.connections.clear();
    const seen: number[] = [];
    const odd = { kind: 'unreadable', connectionId: 'fleet.odd' } as const;
    const progress = await restoring(bench, tableOf(yesterday, odd, odd), ({ read }) => seen.push(read));
    expect(progress).toEqual({ read: 4, restored: 2, present: 0, unreadable: ['fleet.odd', 'fleet.odd'] });
    expect(seen).toEqual([3, 4]);
  });

  it('that is cut off by the store is finished by the next one', async () => {
    const bench = createFakeVault();
    for (const connectionId of ['fleet.1', 'fleet.2', 'fleet.3', 'fleet.4'])
      await bench.connect({ connectionId });
    const yesterday = await snapshotOf(bench);
    bench.memory.connections.clear();
    const connections = injectFaults(bench.connections, [
      unreachable('STORE_UNAVAILABLE', onCall('replaceGeneration', 4)),
    ]);
    const cutOff = restoreConnections({ ...bench.deps, connections, source: tableOf(yesterday) });
    await expect(cutOff).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
    expect(await restoring(bench, tableOf(yesterday))).toMatchObject({ restored: 1, present: 3 });
  });

  it('keeps the time until the expiry, so that the most urgent come first', async () => {
    const bench = createFakeVault();
    const { refreshExpiresAtMs } = await bench.connect();
    const yesterday = await snapshotOf(bench);
    bench.memory.connections.clear();
    bench.clock.advance(DAY_MS);
    await restoring(bench, tableOf(yesterday));
    const [restored] = bench.memory.connections.values();
    expect(restored?.refreshExpiresAtMs).toBe(refreshExpiresAtMs);
  });
});
