import { describe, expect, it } from 'vitest';
import type { ConnectionEvent } from '../../../functions/core/connection/connection.ts';
import type { RotationDeps } from '../../../functions/core/rotation/run.ts';
import { createFakeVault, type FakeVault } from '../../support/fake-vault/fake-vault.ts';
import { injectFaults, onCall, onEvery, replyLost, unreachable } from '../../support/faults/fault-proxy.ts';

/** A connection with this number of events to publish. */
async function withEvents(bench: FakeVault, count: number) {
  const { token: _, ...connection } = await bench.connect();
  const newEvents = Array.from({ length: count }, (__, at): ConnectionEvent => {
    return {
      id: `event-${at}`,
      type: 'Recovered',
      atMs: at,
      generation: connection.generation,
      detail: { from: 'degraded' },
    };
  });
  await bench.connections.update({ expected: connection, changes: { newEvents } });
  return connection;
}

function idsOf(bench: FakeVault) {
  return bench.events.published.map(({ event }) => event.id);
}

async function waitingIn(bench: FakeVault, connectionId: string) {
  return (await bench.stored(connectionId)).outbox.map(({ id }) => id);
}

describe('Events', () => {
  it('stay in the outbox until EventBridge has them, and give the connection a due time', async () => {
    const bench = createFakeVault();
    const { connectionId } = await withEvents(bench, 1);
    const events = injectFaults(bench.events, [unreachable('EVENTS_UNAVAILABLE', onEvery('publish'))]);
    await bench.rotate({ connectionId }, { events });
    expect(await waitingIn(bench, connectionId)).toEqual(['event-0']);
    await bench.fireDue(connectionId);
    expect(await waitingIn(bench, connectionId)).toEqual([]);
    expect(idsOf(bench)).toEqual(['event-0']);
  });

  const crashes: [string, (bench: FakeVault) => Partial<RotationDeps>][] = [
    [
      'before EventBridge was asked',
      ({ events }) => ({
        events: injectFaults(events, [unreachable('EVENTS_UNAVAILABLE', onEvery('publish'))]),
      }),
    ],
    [
      'after EventBridge accepted them',
      ({ events }) => ({
        events: injectFaults(events, [replyLost('EVENTS_UNAVAILABLE', onEvery('publish'))]),
      }),
    ],
    [
      'before they were cleared',
      ({ connections }) => ({
        connections: injectFaults(connections, [unreachable('STORE_UNAVAILABLE', onCall('update', 2))]),
      }),
    ],
    [
      'after they were cleared, with the response lost',
      ({ connections }) => ({
        connections: injectFaults(connections, [replyLost('STORE_UNAVAILABLE', onCall('update', 2))]),
      }),
    ],
  ];

  it.each(crashes)(
    'of a publisher that failed %s come at least once, each under its one id',
    async (_, faults) => {
      const bench = createFakeVault();
      const { connectionId } = await withEvents(bench, 3);
      await bench.rotate({ connectionId }, faults(bench));
      await bench.fireDue(connectionId);
      const published = idsOf(bench);
      expect([...new Set(published)]).toEqual(['event-0', 'event-1', 'event-2']);
      expect(published.length).toBeLessThanOrEqual(6);
      expect(await waitingIn(bench, connectionId)).toEqual([]);
    },
  );

  it('that EventBridge refuses one by one are the only ones to come again', async () => {
    const bench = createFakeVault();
    const { connectionId } = await withEvents(bench, 3);
    bench.events.refuse(({ id }) => id === 'event-1');
    await bench.rotate({ connectionId });
    expect(await waitingIn(bench, connectionId)).toEqual(['event-1']);
    bench.events.refuse(() => false);
    await bench.fireDue(connectionId);
    expect(idsOf(bench)).toEqual(['event-0', 'event-2', 'event-1']);
  });

  it('that come while others are published are not cleared with them', async () => {
    const bench = createFakeVault();
    const connection = await withEvents(bench, 1);
    const { connectionId, generation } = connection;
    const late = { id: 'late', type: 'Degraded', atMs: 9, generation, detail: { code: 'x' } } as const;
    const comes = async () => {
      await bench.connections.update({ expected: connection, changes: { newEvents: [late] } });
    };
    const events = injectFaults(bench.events, [{ kind: 'delay', when: onEvery('publish'), after: comes }]);
    await bench.rotate({ connectionId }, { events });
    expect(await waitingIn(bench, connectionId)).toContain('late');
    await bench.fireDue(connectionId);
    expect(new Set(idsOf(bench))).toEqual(new Set(['event-0', 'late']));
  });

  it('that a run did not know of when it began are not overwritten by what it reports', async () => {
    const bench = createFakeVault();
    const { connectionId, subject = '' } = await bench.connect();
    bench.ims.ledger.requireUserAction(subject, { error: 'ride_AdobeID_acct_terms' });
    await bench.fireDue(connectionId);
    bench.ims.ledger.requireUserAction(subject, undefined);
    const stored = await bench.stored(connectionId);
    const { generation } = stored;
    const meanwhile = {
      id: 'meanwhile',
      type: 'Degraded',
      atMs: 9,
      generation,
      detail: { code: 'x' },
    } as const;
    const comes = async () => {
      await bench.connections.update({ expected: stored, changes: { newEvents: [meanwhile] } });
    };
    const when = onCall('update', 1);
    const connections = injectFaults(bench.connections, [{ kind: 'delay', when, before: comes }]);
    expect(await bench.fireDue(connectionId, { connections })).toEqual({ outcome: 'rotated' });
    for (let run = 0; run < 2; run += 1) await bench.fireDue(connectionId);
    const types = bench.events.published.map(({ event }) => event.type);
    expect(new Set(types)).toEqual(new Set(['User Action Required', 'Recovered', 'Degraded']));
  });

  it('are bounded while EventBridge takes none: the newest eight wait', async () => {
    const bench = createFakeVault();
    const { connectionId } = await withEvents(bench, 11);
    const events = injectFaults(bench.events, [unreachable('EVENTS_UNAVAILABLE', onEvery('publish'))]);
    await bench.rotate({ connectionId }, { events });
    expect(await waitingIn(bench, connectionId)).toEqual(
      ['3', '4', '5', '6', '7', '8', '9', '10'].map((at) => `event-${at}`),
    );
  });
});
