import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { BreakerStore } from '../../functions/core/ports/rotation.ts';
import type { Breakers } from '../../functions/core/rotation/breakers.ts';
import { EXAMPLE_NOW_MS } from '../support/fakes/example-records.ts';
import { injectFaults, onCall, replyLost } from '../support/faults/fault-proxy.ts';
import { IMPLEMENTATIONS } from './store-implementations.ts';

const OPEN = {
  reason: 'invalid_client',
  openedAtMs: EXAMPLE_NOW_MS,
  openUntilMs: EXAMPLE_NOW_MS + 60_000,
  reopened: 2,
};
const FULL: Breakers = {
  revision: 0,
  credential: OPEN,
  outage: { ...OPEN, reason: 'timeout' },
  recent: [
    { connection: 'digest-1', kind: 'success', atMs: EXAMPLE_NOW_MS },
    { connection: 'digest-2', kind: 'misconfigured', atMs: EXAMPLE_NOW_MS + 1 },
  ],
};

describe.each(IMPLEMENTATIONS)('breakers $name', (implementation) => {
  let store: BreakerStore;

  beforeAll(implementation.start);
  afterAll(implementation.stop);
  beforeEach(async () => {
    store = (await implementation.emptyStores()).breakers;
  });

  test('all are closed at revision 0 while nothing is stored', async () => {
    expect(await store.read()).toStrictEqual({ revision: 0, recent: [] });
  });

  test('a written record is read with the next revision', async () => {
    expect(await store.write(FULL)).toBe('written');
    expect(await store.read()).toStrictEqual({ ...FULL, revision: 1 });
  });

  test('a write replaces the whole record', async () => {
    await store.write(FULL);
    expect(await store.write({ revision: 1, recent: [] })).toBe('written');
    expect(await store.read()).toStrictEqual({ revision: 2, recent: [] });
  });

  test('a write on a revision that has moved is lost', async () => {
    await store.write(FULL);
    expect(await store.write({ revision: 0, recent: [] })).toBe('conflict');
    expect(await store.write({ revision: 2, recent: [] })).toBe('conflict');
    expect(await store.read()).toStrictEqual({ ...FULL, revision: 1 });
  });

  test('of writes on one revision exactly one is stored', async () => {
    const results = await Promise.all([store.write(FULL), store.write(FULL), store.write(FULL)]);
    expect(results.sort()).toEqual(['conflict', 'conflict', 'written']);
    expect(await store.read()).toMatchObject({ revision: 1 });
  });

  test('a write whose reply was lost is seen in the revision', async () => {
    const faulty = injectFaults(store, [replyLost('STORE_UNAVAILABLE', onCall('write', 1))]);
    await expect(faulty.write(FULL)).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
    expect(await faulty.write(FULL)).toBe('conflict');
    expect(await faulty.read()).toMatchObject({ revision: 1 });
  });
});
