import { describe, expect, it } from 'vitest';
import { announceConnection } from '../../../functions/core/application/consent/announce-connection.ts';
import type { Connection } from '../../../functions/core/domain/connection.ts';
import type { ConnectionChanges } from '../../../functions/core/domain/connection-changes.ts';
import { planWake } from '../../../functions/core/domain/wake-plan.ts';
import { createRotationBench } from '../../support/rotation/rotation-bench.ts';

const CONNECTED = { id: 'event-1', type: 'Connected', atMs: 0, generation: 'g', detail: {} } as const;

/** A consent is announced while somebody else stores changes that need an earlier wake. */
async function announceWhile(changesOf: (connection: Connection, nowMs: number) => ConnectionChanges) {
  const bench = createRotationBench();
  const { clock, connections } = bench;
  const { connectionId } = await bench.connect({ outbox: [CONNECTED] });
  const connection = await bench.stored(connectionId);
  const { alarm } = connection;
  const arm = alarm && { ...alarm, connectionId, flexibleWindowMinutes: 0 };
  const events = {
    async publish() {
      const { changes } = planWake(connection, changesOf(connection, clock.nowMs()), clock.nowMs());
      await connections.amend({ token: connection, changes });
      return [CONNECTED.id];
    },
  };
  await announceConnection({ ...bench.deps, events }, connection, arm);
  return { stored: await bench.stored(connectionId), armed: bench.alarms.pending(), nowMs: clock.nowMs() };
}

describe('A consent that is announced while somebody else writes', () => {
  it('leaves the wake of a token that was handed over for revocation in between', async () => {
    const { stored, armed, nowMs } = await announceWhile(({ refresh }) => ({
      revocations: refresh ? [{ kind: 'refresh', token: refresh }] : [],
    }));
    expect(stored.revocations).toHaveLength(1);
    expect(stored.wakeAtMs).toBe(nowMs);
    expect(armed[0]?.atMs).toBeLessThanOrEqual(nowMs + 60_000);
  });

  it('leaves the wake of a lease that was claimed in between', async () => {
    const { stored, nowMs } = await announceWhile((_, atMs) => ({
      lease: { attemptId: 'another', untilMs: atMs + 60_000 },
    }));
    expect(stored.lease?.attemptId).toBe('another');
    expect(stored.wakeAtMs).toBeLessThanOrEqual(nowMs + 63_000);
  });

  it('leaves the wake of a refusal that came and went in between', async () => {
    const { stored, nowMs } = await announceWhile((_, atMs) => ({
      state: 'suspect',
      rotateAtMs: atMs + 600_000,
      nextAttemptAtMs: atMs + 600_000,
    }));
    expect(stored.state).toBe('suspect');
    expect(stored.wakeAtMs).toBeLessThanOrEqual(nowMs + 600_000);
  });
});

describe('A rotation that publishes while somebody else writes', () => {
  it('leaves the wake of a refusal that came and went in between', async () => {
    const bench = createRotationBench();
    const { connectionId, subject = '' } = await bench.connect({ outbox: [CONNECTED] });
    const events = {
      async publish() {
        bench.ims.ledger.revokeUser(subject);
        const unheard = { publish: async () => [] };
        await bench.rotate({ connectionId, trigger: 'operator' }, { events: unheard });
        return [CONNECTED.id];
      },
    };
    bench.clock.advance(60_000);
    await bench.rotate({ connectionId, trigger: 'revoke-access' }, { events });
    const { state, nextAttemptAtMs = 0, wakeAtMs, lease } = await bench.stored(connectionId);
    expect({ state, lease }).toEqual({ state: 'suspect', lease: undefined });
    expect(wakeAtMs).toBeLessThanOrEqual(nextAttemptAtMs);
  });

  it('leaves the wake of a token that was handed over for revocation in between', async () => {
    const bench = createRotationBench();
    const { clock, connections } = bench;
    const { connectionId } = await bench.connect({ outbox: [CONNECTED] });
    const events = {
      async publish() {
        const connection = await bench.stored(connectionId);
        const { refresh } = connection;
        const owed = refresh ? [{ kind: 'refresh', token: refresh } as const] : [];
        const { changes } = planWake(connection, { revocations: owed }, clock.nowMs());
        await connections.amend({ token: connection, changes });
        return [CONNECTED.id];
      },
    };
    await bench.rotate({ connectionId }, { events });
    const { revocations, wakeAtMs } = await bench.stored(connectionId);
    expect(revocations).toHaveLength(1);
    expect(wakeAtMs).toBe(clock.nowMs());
  });
});
