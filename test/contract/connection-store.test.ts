import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Connection } from '../../functions/core/connection/connection.ts';
import type { Claim, ConnectionStore } from '../../functions/core/ports/connections.ts';
import {
  EXAMPLE_NOW_MS,
  exampleBytes,
  exampleConnection,
  exampleGeneration,
} from '../support/fakes/example-records.ts';
import { injectFaults, onCall, replyLost } from '../support/faults/fault-proxy.ts';
import { IMPLEMENTATIONS } from './store-implementations.ts';

const NOW_MS = EXAMPLE_NOW_MS;
const MARGIN_MS = 3_000;
const LATER = exampleGeneration(NOW_MS + 1);
const EARLIER = exampleGeneration(NOW_MS - 1);

describe.each(IMPLEMENTATIONS)('connections $name', (implementation) => {
  let store: ConnectionStore;
  const connection = exampleConnection();

  beforeAll(implementation.start);
  afterAll(implementation.stop);
  beforeEach(async () => {
    store = (await implementation.emptyStores()).connections;
  });

  const claimOf = (token: Connection, changes: Partial<Claim> = {}): Claim => ({
    expected: token,
    lease: { runId: 'attempt-1', untilMs: NOW_MS + 60_000 },
    states: ['active', 'suspect'],
    nowMs: NOW_MS,
    leaseMarginMs: MARGIN_MS,
    ...changes,
  });

  describe('reading', () => {
    test('an unknown connection is absent', async () => {
      expect(await store.read('acme.absent')).toBeUndefined();
    });

    test('the generation can be read alone, of a tombstone too', async () => {
      expect(await store.readGeneration(connection.connectionId)).toBeUndefined();
      await store.replaceGeneration(connection);
      expect(await store.readGeneration(connection.connectionId)).toBe(connection.generation);
      await store.update({ expected: connection, changes: { state: 'disconnected' } });
      expect(await store.readGeneration(connection.connectionId)).toBe(connection.generation);
    });

    test('every field is read as it was written', async () => {
      const everything = exampleConnection(EVERY_FIELD);
      await store.replaceGeneration(everything);
      expect(await store.read(everything.connectionId)).toStrictEqual(everything);
    });

    test('absent fields stay absent', async () => {
      await store.replaceGeneration(connection);
      expect(await store.read(connection.connectionId)).toStrictEqual(connection);
    });

    test('sealed tokens of 10 KB are read byte for byte', async () => {
      const sealed = exampleBytes(10_240);
      const refresh = { generation: connection.generation, version: 1, sealed };
      const previous = { ...refresh, sealed: exampleBytes(10_239) };
      await store.replaceGeneration({ ...connection, refresh, previous, alternate: refresh });
      expect(await store.read(connection.connectionId)).toMatchObject({
        refresh,
        previous,
        alternate: refresh,
      });
    });

    test('what is read is a separate copy', async () => {
      await store.replaceGeneration(connection);
      const read = await store.read(connection.connectionId);
      read?.refresh?.sealed.fill(0);
      expect(await store.read(connection.connectionId)).toStrictEqual(connection);
    });
  });

  describe('replacing a generation', () => {
    test('a newer generation replaces the whole item', async () => {
      await store.replaceGeneration({ ...connection, userAction: { error: 'ride_x', sinceMs: NOW_MS } });
      const next = exampleConnection({ generation: LATER });
      expect(await store.replaceGeneration(next)).toBe('written');
      expect(await store.read(connection.connectionId)).toStrictEqual(next);
    });

    test.each([
      ['an older', EARLIER],
      ['the same', connection.generation],
    ])('%s generation writes nothing', async (_, generation) => {
      await store.replaceGeneration(connection);
      expect(await store.replaceGeneration(exampleConnection({ generation, failures: 9 }))).toBe('conflict');
      expect(await store.read(connection.connectionId)).toStrictEqual(connection);
    });

    test('an older generation is not written over a tombstone', async () => {
      const tombstone = exampleConnection({ generation: LATER, state: 'disconnected' });
      await store.replaceGeneration(tombstone);
      expect(await store.replaceGeneration(connection)).toBe('conflict');
      expect(await store.read(connection.connectionId)).toStrictEqual(tombstone);
    });

    test('with a replaced version it writes only over exactly that version', async () => {
      await store.replaceGeneration(connection);
      const next = exampleConnection({ generation: LATER });
      expect(await store.replaceGeneration(next, { ...connection, version: 2 })).toBe('conflict');
      expect(await store.replaceGeneration(next, { ...connection, generation: EARLIER })).toBe('conflict');
      expect(await store.replaceGeneration(next, connection)).toBe('written');
    });

    test.each([
      ['an event to publish', { outbox: [eventOf('event-1')] }],
      ['a token to revoke', { revocations: [revocationOf(connection)] }],
      ['an alternate', { alternate: { ...connection, sealed: exampleBytes(80) } }],
      ['the mark of a consent', { consentUnderWay: { untilMs: NOW_MS } }],
    ])('with a replaced connection it does not write over %s that came since', async (_, changes) => {
      await store.replaceGeneration(connection);
      await store.update({ expected: connection, changes });
      const next = exampleConnection({ generation: LATER });
      expect(await store.replaceGeneration(next, connection)).toBe('conflict');
      const stored = await store.read(connection.connectionId);
      expect(await store.replaceGeneration(next, stored)).toBe('written');
    });

    test('with a replaced connection it does not write over the mark of a second consent of the same moment', async () => {
      const consentUnderWay = { untilMs: NOW_MS, codeDigest: 'the first code' };
      await store.replaceGeneration({ ...connection, consentUnderWay });
      const read = await store.read(connection.connectionId);
      await store.update({ expected: connection, changes: { consentUnderWay: { untilMs: NOW_MS } } });
      expect(await store.replaceGeneration(exampleConnection({ generation: LATER }), read)).toBe('conflict');
    });

    test('with a replaced version it writes nothing where nothing is stored', async () => {
      expect(await store.replaceGeneration(connection, { ...connection, generation: EARLIER })).toBe(
        'conflict',
      );
      expect(await store.read(connection.connectionId)).toBeUndefined();
    });

    test('with nothing to replace it writes only where nothing is stored', async () => {
      expect(await store.replaceGeneration(connection, 'nothing')).toBe('written');
      expect(await store.replaceGeneration(exampleConnection({ generation: LATER }), 'nothing')).toBe(
        'conflict',
      );
    });

    test('an older generation does not replace even the version it names', async () => {
      await store.replaceGeneration(connection);
      const older = exampleConnection({ generation: EARLIER });
      expect(await store.replaceGeneration(older, connection)).toBe('conflict');
    });

    test('a generation far ahead gives way to a write that names exactly what is stored', async () => {
      const absurd = exampleConnection({ generation: 'ZZZZZZZZZZZZZZZZZZZZZZZZZZ' });
      await store.replaceGeneration(absurd);
      const next = exampleConnection({ generation: LATER });
      expect(await store.replaceGeneration(next)).toBe('conflict');
      expect(await store.replaceGeneration(next, { ...absurd, version: 2 })).toBe('conflict');
      expect(await store.replaceGeneration(next, absurd)).toBe('written');
      expect(await store.read(connection.connectionId)).toStrictEqual(next);
    });

    test('of two that race, the later generation stays', async () => {
      const generations = [LATER, connection.generation, EARLIER];
      await Promise.all(
        generations.map((generation) => store.replaceGeneration(exampleConnection({ generation }))),
      );
      expect(await store.read(connection.connectionId)).toMatchObject({ generation: LATER });
    });
  });

  describe('claiming the lease', () => {
    beforeEach(() => store.replaceGeneration(connection));

    test('the lease and the changes that come with it are stored together', async () => {
      const forcedRefreshes = { count: 1, nextAllowedAtMs: NOW_MS + 60_000 };
      const claim = claimOf(connection, { changes: { forcedRefreshes } });
      expect(await store.claim(claim)).toBe('claimed');
      expect(await store.read(connection.connectionId)).toStrictEqual({
        ...connection,
        forcedRefreshes,
        lease: claim.lease,
      });
    });

    test('of many callers exactly one gets it', async () => {
      const attempts = Array.from({ length: 12 }, (_, at) =>
        store.claim(claimOf(connection, { lease: { runId: `attempt-${at}`, untilMs: NOW_MS + 60_000 } })),
      );
      const results = await Promise.all(attempts);
      expect(results.filter((result) => result === 'claimed')).toHaveLength(1);
      const winner = `attempt-${results.indexOf('claimed')}`;
      expect((await store.read(connection.connectionId))?.lease?.runId).toBe(winner);
    });

    test('a lease is live until its end plus the margin, and not longer', async () => {
      await store.claim(claimOf(connection));
      const endsMs = NOW_MS + 60_000 + MARGIN_MS;
      const lease = { runId: 'attempt-2', untilMs: endsMs + 60_000 };
      expect(await store.claim(claimOf(connection, { lease, nowMs: endsMs - 1 }))).toBe('conflict');
      expect(await store.claim(claimOf(connection, { lease, nowMs: endsMs }))).toBe('claimed');
    });

    test('a state that is not among the given ones is not claimed', async () => {
      expect(await store.claim(claimOf(connection, { states: ['suspect', 'needs-user-action'] }))).toBe(
        'conflict',
      );
    });

    test.each([
      ['version', { version: 2 }],
      ['generation', { generation: LATER }],
      ['connection', { connectionId: 'acme.absent' }],
    ])('another %s is not claimed', async (_, changes) => {
      expect(await store.claim(claimOf({ ...connection, ...changes }))).toBe('conflict');
      expect(await store.read('acme.absent')).toBeUndefined();
    });

    test('what was read before the next attempt was put off is not claimed', async () => {
      await store.update({ expected: connection, changes: { nextAttemptAtMs: NOW_MS - 1 } });
      expect(await store.claim(claimOf(connection))).toBe('conflict');
      const putOff = { ...connection, nextAttemptAtMs: NOW_MS - 1 };
      expect(await store.claim(claimOf({ ...putOff, nextAttemptAtMs: NOW_MS - 2 }))).toBe('conflict');
      expect(await store.claim(claimOf(putOff))).toBe('claimed');
    });

    test('what was read before a revocation became pending is not claimed', async () => {
      const revocations = [revocationOf(connection)];
      await store.update({ expected: connection, changes: { revocations } });
      expect(await store.claim(claimOf(connection))).toBe('conflict');
      expect(await store.claim(claimOf({ ...connection, revocations }))).toBe('claimed');
    });

    test('a lost claim changes nothing', async () => {
      await store.claim(claimOf(connection));
      const before = await store.read(connection.connectionId);
      await store.claim(claimOf(connection, { lease: { runId: 'thief', untilMs: NOW_MS + 1 } }));
      expect(await store.read(connection.connectionId)).toStrictEqual(before);
    });
  });

  describe('updating', () => {
    beforeEach(() => store.replaceGeneration(connection));

    test('fields are set and removed in one write, others stay', async () => {
      const changes = { failures: 3, nextAttemptAtMs: NOW_MS + 1, rotateAtMs: null, subject: null };
      expect(await store.update({ expected: connection, changes })).toBe('written');
      const { rotateAtMs: _, subject: __, ...kept } = connection;
      expect(await store.read(connection.connectionId)).toStrictEqual({
        ...kept,
        failures: 3,
        nextAttemptAtMs: NOW_MS + 1,
      });
    });

    test('a commit moves the version and does not look at the lease', async () => {
      await store.claim(claimOf(connection));
      const refresh = { generation: connection.generation, version: 2, sealed: exampleBytes(80) };
      const changes = { version: 2, refresh, lease: null, commitIds: ['commit-2'] } as const;
      expect(await store.update({ expected: connection, changes })).toBe('written');
      expect(await store.read(connection.connectionId)).toStrictEqual({
        ...connection,
        version: 2,
        refresh,
        commitIds: ['commit-2'],
      });
    });

    test('of two commits of one version exactly one is stored', async () => {
      const commits = ['one', 'two', 'three'].map((commitId) =>
        store.update({ expected: connection, changes: { version: 2, commitIds: [commitId] } }),
      );
      expect((await Promise.all(commits)).sort()).toEqual(['conflict', 'conflict', 'written']);
    });

    test('an older version, another generation and an absent item are lost', async () => {
      await store.update({ expected: connection, changes: { version: 2 } });
      expect(await store.update({ expected: connection, changes: { failures: 1 } })).toBe('conflict');
      const generationMoved = { ...connection, version: 2, generation: EARLIER };
      expect(await store.update({ expected: generationMoved, changes: { failures: 1 } })).toBe('conflict');
      const absent = { ...connection, connectionId: 'acme.absent' };
      expect(await store.update({ expected: absent, changes: { failures: 1 } })).toBe('conflict');
      expect(await store.read('acme.absent')).toBeUndefined();
    });

    test('an update by the lease holder is a conflict once the lease is another run’s or gone', async () => {
      await store.claim(claimOf(connection));
      const release = { expected: connection, changes: { lease: null } } as const;
      expect(await store.update({ ...release, onlyIfLeasedBy: 'attempt-2' })).toBe('conflict');
      expect(await store.update({ ...release, onlyIfLeasedBy: 'attempt-1' })).toBe('written');
      expect(await store.update({ ...release, onlyIfLeasedBy: 'attempt-1' })).toBe('conflict');
    });

    test('an update by a reader that saw no lease is a conflict once there is one', async () => {
      const update = { expected: connection, changes: { dueAtMs: NOW_MS }, onlyIfLeasedBy: null };
      expect(await store.update(update)).toBe('written');
      await store.claim(claimOf(connection));
      expect(await store.update(update)).toBe('conflict');
    });

    test('an update of pending revocations is a conflict once more are pending', async () => {
      const pending = [revocationOf(connection)];
      const append = { expected: connection, changes: { revocations: pending }, onlyIfRevocationsAre: 0 };
      expect(await store.update(append)).toBe('written');
      expect(await store.update(append)).toBe('conflict');
      const clear = { expected: connection, changes: { revocations: [] }, onlyIfRevocationsAre: 1 };
      expect(await store.update(clear)).toBe('written');
    });

    test('an update that plans a due time is a conflict once the next attempt was postponed, or no longer is', async () => {
      const untilMs = NOW_MS + 60_000;
      const putOff = { expected: connection, changes: { nextAttemptAtMs: untilMs } } as const;
      expect(await store.update({ ...putOff, onlyIfNextAttemptIs: null })).toBe('written');
      expect(await store.update({ ...putOff, onlyIfNextAttemptIs: null })).toBe('conflict');
      const further = { expected: connection, changes: { nextAttemptAtMs: untilMs + 1 } } as const;
      expect(await store.update({ ...further, onlyIfNextAttemptIs: untilMs })).toBe('written');
      expect(await store.update({ ...further, onlyIfNextAttemptIs: untilMs })).toBe('conflict');
      await store.update({ expected: connection, changes: { nextAttemptAtMs: null } });
      expect(await store.update({ ...further, onlyIfNextAttemptIs: untilMs + 1 })).toBe('conflict');
    });

    test('an update that expects tokens as they were read is a conflict once one of them was changed, removed or added', async () => {
      const { generation, refresh } = connection;
      const held = { refresh, previous: undefined, alternate: undefined, revocations: [] };
      const note = { expected: connection, changes: { failures: 1 } };
      expect(await store.update({ ...note, onlyIfTokensAre: held })).toBe('written');
      const other = { generation, version: 1, sealed: exampleBytes(63) };
      await store.update({ expected: connection, changes: { alternate: other } });
      expect(await store.update({ ...note, onlyIfTokensAre: held })).toBe('conflict');
      const withAlternate = { ...held, alternate: other };
      expect(await store.update({ ...note, onlyIfTokensAre: withAlternate })).toBe('written');
      const pending = [revocationOf(connection)];
      await store.update({ expected: connection, changes: { refresh: other, revocations: pending } });
      expect(await store.update({ ...note, onlyIfTokensAre: withAlternate })).toBe('conflict');
      const now = { refresh: other, previous: undefined, alternate: other, revocations: pending };
      expect(await store.update({ ...note, onlyIfTokensAre: now })).toBe('written');
      await store.update({ expected: connection, changes: { alternate: null } });
      expect(await store.update({ ...note, onlyIfTokensAre: now })).toBe('conflict');
    });

    test('an update that expects a state is a conflict once the state has changed', async () => {
      const toSuspect = {
        expected: connection,
        changes: { state: 'suspect' },
        onlyIfState: 'active',
      } as const;
      expect(await store.update(toSuspect)).toBe('written');
      expect(await store.update(toSuspect)).toBe('conflict');
    });

    test('new events are appended to the outbox as it then is', async () => {
      const [first, second, third] = [eventOf('event-1'), eventOf('event-2'), eventOf('event-3')];
      await store.update({ expected: connection, changes: { newEvents: [first] } });
      await store.update({ expected: connection, changes: { newEvents: [second, third], failures: 2 } });
      const stored = await store.read(connection.connectionId);
      expect(stored).toStrictEqual({ ...connection, failures: 2, outbox: [first, second, third] });
    });

    test('an update that expects an outbox is a conflict once the outbox holds anything else', async () => {
      const [first, second] = [eventOf('event-1'), eventOf('event-2')];
      const addFirst = { expected: connection, changes: { outbox: [first] }, onlyIfOutboxIs: [] };
      expect(await store.update(addFirst)).toBe('written');
      expect(await store.update(addFirst)).toBe('conflict');
      const addSecond = { expected: connection, changes: { outbox: [first, second] } };
      expect(await store.update({ ...addSecond, onlyIfOutboxIs: ['event-1'] })).toBe('written');
      const clear = { expected: connection, changes: { outbox: [] } };
      expect(await store.update({ ...clear, onlyIfOutboxIs: ['event-1'] })).toBe('conflict');
      expect(await store.update({ ...clear, onlyIfOutboxIs: ['event-2', 'event-1'] })).toBe('conflict');
      expect(await store.update({ ...clear, onlyIfOutboxIs: ['event-1', 'event-2'] })).toBe('written');
    });

    test('an update without changes still shows whether the token is the stored one', async () => {
      expect(await store.update({ expected: connection, changes: {} })).toBe('written');
      expect(await store.update({ expected: { ...connection, version: 2 }, changes: {} })).toBe('conflict');
    });

    test('a commit whose reply was lost is found by its commitId on the next read', async () => {
      const faulty = injectFaults(store, [replyLost('STORE_UNAVAILABLE', onCall('update', 1))]);
      const commit = { expected: connection, changes: { version: 2, commitIds: ['mine'] } };
      await expect(faulty.update(commit)).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
      expect(await faulty.update(commit)).toBe('conflict');
      expect((await faulty.read(connection.connectionId))?.commitIds).toContain('mine');
    });
  });

  describe('removing', () => {
    const tombstone = exampleConnection({ state: 'disconnected' });

    test('drops a tombstone of exactly this generation', async () => {
      await store.replaceGeneration(tombstone);
      expect(await store.remove(tombstone.connectionId, LATER)).toBe('conflict');
      expect(await store.remove(tombstone.connectionId, tombstone.generation)).toBe('written');
      expect(await store.read(tombstone.connectionId)).toBeUndefined();
    });

    test('never drops anything but a tombstone', async () => {
      await store.replaceGeneration(connection);
      expect(await store.remove(connection.connectionId, connection.generation)).toBe('conflict');
      expect(await store.read(connection.connectionId)).toStrictEqual(connection);
    });

    test('finds nothing to drop where nothing is stored', async () => {
      expect(await store.remove('acme.absent', LATER)).toBe('conflict');
    });
  });

  test('knows how far the clocks are apart after the first answer', async () => {
    await store.read('acme.absent');
    expect(Math.abs(store.clockSkewMs() ?? Number.NaN)).toBeLessThan(60_000);
  });
});

function revocationOf({ generation }: Connection): Connection['revocations'][number] {
  return { kind: 'refresh', token: { generation, version: 1, sealed: exampleBytes(80) } };
}

function eventOf(id: string): Connection['outbox'][number] {
  return {
    id,
    type: 'Connected',
    atMs: NOW_MS,
    generation: LATER,
    detail: { renewable: true, scopes: 2, by: 'x' },
  };
}

const SEALED = { generation: EARLIER, version: 4, sealed: exampleBytes(33) };

const EVERY_FIELD: Partial<Connection> = {
  version: 7,
  state: 'needs-user-action',
  sliding: 'yes',
  degraded: { code: 'SEAL_BROKEN', sinceMs: NOW_MS },
  previous: SEALED,
  previousEndsAtMs: NOW_MS + 3,
  displaced: [{ ...SEALED, version: 4, endsAtMs: NOW_MS + 4 }],
  alternate: { ...SEALED, version: 5 },
  commitIds: ['commit-7', 'commit-6'],
  lease: { runId: 'attempt-1', untilMs: NOW_MS + 60_000 },
  rotatedAtMs: NOW_MS,
  schedule: { name: 'schedule-name', atMs: NOW_MS + 5 },
  nextAttemptAtMs: NOW_MS + 6,
  failures: 2,
  evidence: { count: 3, firstAtMs: NOW_MS - 9, lastAtMs: NOW_MS, tried: ['alternate', 'previous'] },
  userAction: { error: 'ride_AdobeID_acct_terms', jumpUrl: 'https://accounts.adobe.com/x', sinceMs: NOW_MS },
  forcedRefreshes: { count: 1, nextAllowedAtMs: NOW_MS },
  warnedOfExpiryAtMs: NOW_MS + 8,
  profile: { name: 'Alice Example', email: 'alice@example.com' },
  importedFrom: 'digest-of-a-token-0123',
  outbox: [eventOf('event-1'), eventOf('event-2')],
  revocations: [
    { kind: 'refresh', subjectKey: 'subject-key', token: SEALED },
    { kind: 'access', token: { ...SEALED, scopeSet: '*', expiresAtMs: NOW_MS } },
  ],
  tombstoneUntilMs: NOW_MS + 7,
};
