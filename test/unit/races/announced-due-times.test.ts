import { describe, expect, it } from 'vitest';
import type { Connection, ConnectionChanges } from '../../../functions/core/connection/connection.ts';
import { planNextDue } from '../../../functions/core/connection/due.ts';
import { announceConnection } from '../../../functions/core/consent/redeem-code.ts';
import { createFakeVault } from '../../support/fake-vault/fake-vault.ts';

const CONNECTED = { id: 'event-1', type: 'Connected', atMs: 0, generation: 'g', detail: {} } as const;

/** A consent is announced while another process stores changes that need an earlier due time. */
async function announceWhile(changesOf: (connection: Connection, nowMs: number) => ConnectionChanges) {
  const bench = createFakeVault();
  const { clock, connections } = bench;
  const { connectionId } = await bench.connect({ outbox: [CONNECTED] });
  const connection = await bench.stored(connectionId);
  const { schedule } = connection;
  const newSchedule = schedule && { ...schedule, connectionId, flexibleWindowMinutes: 0 };
  const events = {
    async publish() {
      const { changes } = planNextDue(connection, changesOf(connection, clock.nowMs()), clock.nowMs());
      await connections.update({ expected: connection, changes });
      return [CONNECTED.id];
    },
  };
  await announceConnection({ ...bench.deps, events }, connection, newSchedule);
  return {
    stored: await bench.stored(connectionId),
    created: bench.schedules.pending(),
    nowMs: clock.nowMs(),
  };
}

describe('A consent that is announced while another process writes', () => {
  it('leaves the due time of a token that was handed over for revocation in between', async () => {
    const { stored, created, nowMs } = await announceWhile(({ refresh }) => ({
      revocations: refresh ? [{ kind: 'refresh', token: refresh }] : [],
    }));
    expect(stored.revocations).toHaveLength(1);
    expect(stored.dueAtMs).toBe(nowMs);
    expect(created[0]?.atMs).toBeLessThanOrEqual(nowMs + 60_000);
  });

  it('leaves the due time of a lease that was claimed in between', async () => {
    const { stored, nowMs } = await announceWhile((_, atMs) => ({
      lease: { runId: 'another', untilMs: atMs + 60_000 },
    }));
    expect(stored.lease?.runId).toBe('another');
    expect(stored.dueAtMs).toBeLessThanOrEqual(nowMs + 63_000);
  });

  it('leaves the due time of a refusal that came and went in between', async () => {
    const { stored, nowMs } = await announceWhile((_, atMs) => ({
      state: 'suspect',
      rotateAtMs: atMs + 600_000,
      nextAttemptAtMs: atMs + 600_000,
    }));
    expect(stored.state).toBe('suspect');
    expect(stored.dueAtMs).toBeLessThanOrEqual(nowMs + 600_000);
  });
});

describe('A rotation that publishes while another process writes', () => {
  it('leaves the due time of a refusal that came and went in between', async () => {
    const bench = createFakeVault();
    const { connectionId, subject = '' } = await bench.connect({ outbox: [CONNECTED] });
    const events = {
      async publish() {
        bench.ims.ledger.revokeUser(subject);
        const failing = { publish: async () => [] };
        await bench.rotate({ connectionId, trigger: 'operator' }, { events: failing });
        return [CONNECTED.id];
      },
    };
    bench.clock.advance(60_000);
    await bench.rotate({ connectionId, trigger: 'revoke-access' }, { events });
    const { state, nextAttemptAtMs = 0, dueAtMs, lease } = await bench.stored(connectionId);
    expect({ state, lease }).toEqual({ state: 'suspect', lease: undefined });
    expect(dueAtMs).toBeLessThanOrEqual(nextAttemptAtMs);
  });

  it('leaves the due time of a token that was handed over for revocation in between', async () => {
    const bench = createFakeVault();
    const { clock, connections } = bench;
    const { connectionId } = await bench.connect({ outbox: [CONNECTED] });
    const events = {
      async publish() {
        const connection = await bench.stored(connectionId);
        const { refresh } = connection;
        const pending = refresh ? [{ kind: 'refresh', token: refresh } as const] : [];
        const { changes } = planNextDue(connection, { revocations: pending }, clock.nowMs());
        await connections.update({ expected: connection, changes });
        return [CONNECTED.id];
      },
    };
    await bench.rotate({ connectionId }, { events });
    const { revocations, dueAtMs } = await bench.stored(connectionId);
    expect(revocations).toHaveLength(1);
    expect(dueAtMs).toBe(clock.nowMs());
  });
});
