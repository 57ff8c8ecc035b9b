import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Connection } from '../../functions/core/connection/connection.ts';
import {
  EXAMPLE_NOW_MS,
  exampleAccessToken,
  exampleConnection,
  exampleGeneration,
} from '../support/fakes/example-records.ts';
import { IMPLEMENTATIONS, type Stores } from './store-implementations.ts';

const CONNECTION_ID = 'acme.user-42';
const GENERATIONS = [0, 1, 2].map((at) => exampleGeneration(EXAMPLE_NOW_MS + at));
const RUNS = 60;

/** One step of a process that may be late: it names the generation that it expects. */
interface Step {
  readonly kind:
    | 'replaceGeneration'
    | 'replace'
    | 'claim'
    | 'commit'
    | 'release'
    | 'remove'
    | 'publish'
    | 'invalidateOlder';
  readonly generation: string;
  readonly version: number;
  readonly actor: string;
  readonly atMs: number;
}

const steps = fc.array(
  fc.record<Step>({
    kind: fc.constantFrom(
      'replaceGeneration',
      'replace',
      'claim',
      'commit',
      'release',
      'remove',
      'publish',
      'invalidateOlder',
    ),
    generation: fc.constantFrom(...GENERATIONS),
    version: fc.integer({ min: 1, max: 3 }),
    actor: fc.constantFrom('one', 'other'),
    atMs: fc.integer({ min: 0, max: 5 }).map((minutes) => EXAMPLE_NOW_MS + minutes * 60_000),
  }),
  { minLength: 1, maxLength: 25 },
);

async function take(stores: Stores, step: Step): Promise<unknown> {
  const { generation, version, actor, atMs } = step;
  const token = { connectionId: CONNECTION_ID, generation, version };
  const tombstoned = actor === 'other';
  const fresh = exampleConnection({ generation, state: tombstoned ? 'disconnected' : 'active' });
  switch (step.kind) {
    case 'replaceGeneration':
      return stores.connections.replaceGeneration(fresh);
    case 'replace':
      return stores.connections.replaceGeneration(fresh, {
        ...fresh,
        generation: GENERATIONS[0] ?? '',
        version,
      });
    case 'claim':
      return stores.connections.claim({
        expected: { ...token, revocations: [] },
        lease: { runId: actor, untilMs: atMs + 60_000 },
        states: ['active'],
        nowMs: atMs,
        leaseMarginMs: 3_000,
      });
    case 'commit':
      return stores.connections.update({ expected: token, changes: { version: version + 1, lease: null } });
    case 'release':
      return stores.connections.update({ expected: token, changes: { lease: null }, onlyIfLeasedBy: actor });
    case 'remove':
      return stores.connections.remove(CONNECTION_ID, generation);
    case 'publish':
      return stores.accessTokens.publish(exampleAccessToken({ generation, version }), 1);
    case 'invalidateOlder':
      return stores.accessTokens.invalidateOlder(CONNECTION_ID, '*', generation, 1);
  }
}

describe('steps in any order', () => {
  const [memory, dynamoDb] = IMPLEMENTATIONS;
  if (memory === undefined || dynamoDb === undefined) throw new Error('Two implementations are compared.');

  beforeAll(dynamoDb.start);
  afterAll(dynamoDb.stop);

  const finalState = async (stores: Stores) => ({
    connection: await stores.connections.read(CONNECTION_ID),
    accessToken: await stores.accessTokens.read(CONNECTION_ID, '*'),
    subjects: await stores.subjects.connectionIdsOf('example-subject-key'),
  });

  test('memory and table give the same answers and the same end state', async () => {
    await fc.assert(
      fc.asyncProperty(steps, async (sequence) => {
        const one = await memory.emptyStores();
        const other = await dynamoDb.emptyStores();
        for (const step of sequence) expect(await take(other, step)).toStrictEqual(await take(one, step));
        expect(await finalState(other)).toStrictEqual(await finalState(one));
      }),
      { numRuns: RUNS },
    );
  });

  test.each(IMPLEMENTATIONS)('an older record never overwrites a newer one $name', async (implementation) => {
    if (implementation !== dynamoDb) await implementation.start();
    await fc.assert(
      fc.asyncProperty(steps, async (sequence) => {
        const stores = await implementation.emptyStores();
        let before = await finalState(stores);
        for (const step of sequence) {
          await take(stores, step);
          const after = await finalState(stores);
          // Removing a tombstone is the one step that may forget.
          if (after.connection !== undefined) expectNotOlder(after.connection, before.connection);
          if (after.accessToken !== undefined) expectNotOlder(after.accessToken, before.accessToken);
          before = after;
        }
      }),
      { numRuns: RUNS },
    );
  });

  test.each(IMPLEMENTATIONS)(
    'steps that race leave a state that some order explains $name',
    async (implementation) => {
      await fc.assert(
        fc.asyncProperty(steps, async (sequence) => {
          const stores = await implementation.emptyStores();
          await Promise.all(sequence.map((step) => take(stores, step)));
          const { accessToken, connection } = await finalState(stores);
          const newest = newestOf(
            sequence.filter(({ kind }) => kind === 'publish' || kind === 'invalidateOlder'),
          );
          expect(accessToken?.generation).toBe(newest);
          if (sequence.some(({ kind }) => kind === 'remove')) return;
          const begun = newestOf(sequence.filter(({ kind }) => kind === 'replaceGeneration'));
          if (begun !== undefined) expect((connection?.generation ?? '') >= begun).toBe(true);
        }),
        { numRuns: RUNS / 2 },
      );
    },
  );
});

type Aged = Pick<Connection, 'generation'> & { readonly version?: number };

function expectNotOlder(after: Aged, before: Aged | undefined): void {
  if (before === undefined) return;
  expect(after.generation >= before.generation).toBe(true);
  if (after.generation === before.generation) {
    expect((after.version ?? 0) >= (before.version ?? 0)).toBe(true);
  }
}

function newestOf(sequence: readonly Step[]): string | undefined {
  return sequence
    .map(({ generation }) => generation)
    .toSorted()
    .at(-1);
}
