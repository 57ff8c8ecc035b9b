import { describe, expect, it } from 'vitest';
import { connectionItem } from '../../../functions/adapters/dynamodb/connection-item.ts';
import type { Connection, ConnectionChanges } from '../../../functions/core/connection/connection.ts';
import type { ConnectionStore, Replaced } from '../../../functions/core/ports/connections.ts';
import { exampleConnection, exampleGeneration } from '../../support/fakes/example-records.ts';
import {
  createConnectionMemory,
  createFakeConnectionStore,
} from '../../support/fakes/fake-connection-store.ts';
import { createChance } from '../../verify/simulation/chance.ts';
import { createCounters } from '../../verify/simulation/counters.ts';
import { connectionBytes, createConnectionTable } from '../../verify/simulation/metered-tables.ts';

const NOW_MS = Date.UTC(2026, 0, 15, 12);
const GENERATIONS: readonly [string, string, string] = [
  exampleGeneration(NOW_MS),
  exampleGeneration(NOW_MS + 1),
  exampleGeneration(NOW_MS + 2),
];
function event(id: string) {
  return { id, type: 'Connected', atMs: NOW_MS, generation: GENERATIONS[0], detail: {} } as const;
}

type Call = (store: ConnectionStore) => Promise<unknown>;

/** A call with arguments of which some fit what is stored and some do not. */
function anyCall(chance: ReturnType<typeof createChance>): Call {
  const oneOf = <Value>(values: readonly [Value, ...Value[]]): Value =>
    values.at(Math.floor(chance.share() * values.length)) ?? values[0];
  const generation = oneOf(GENERATIONS);
  const token = { connectionId: 'c', generation, version: oneOf([1, 2]) };
  const nextAttemptAtMs = oneOf([undefined, NOW_MS]);
  const outbox = oneOf([[], [event('1')], [event('1'), event('2')]]);
  const revocations = oneOf([
    [],
    [{ kind: 'refresh', token: { generation, version: 1, sealed: new Uint8Array([1]) } } as const],
  ]);
  const state = oneOf(['active', 'suspect', 'disconnected'] as const);
  const changes: ConnectionChanges = oneOf<ConnectionChanges>([
    { state, version: oneOf([1, 2]), failures: 3 },
    { lease: null, dueAtMs: null },
    { outbox, dueAtMs: NOW_MS },
    { newEvents: [event('2')], nextAttemptAtMs: oneOf([null, NOW_MS]) },
    { revocations, alternate: { generation, version: 2, sealed: new Uint8Array([2]) } },
  ]);
  const untilMs = oneOf([NOW_MS - 10_000, NOW_MS + 10_000]);
  const alternate = oneOf([undefined, { generation, version: 2, sealed: new Uint8Array([2]) }]);
  const replaced = { ...token, outbox, revocations, ...(alternate && { alternate }) };
  return oneOf<Call>([
    (store) => store.read('c'),
    (store) =>
      store.claim({
        expected: { ...token, revocations, ...(nextAttemptAtMs !== undefined && { nextAttemptAtMs }) },
        lease: { runId: oneOf(['a', 'b']), untilMs },
        states: ['active', 'suspect'],
        nowMs: NOW_MS,
        leaseMarginMs: 3_000,
        changes,
      }),
    (store) => store.update({ expected: token, changes }),
    (store) => store.update({ expected: token, changes, onlyIfLeasedBy: oneOf(['a', 'b', null]) }),
    (store) => store.update({ expected: token, changes, onlyIfState: state }),
    (store) => store.update({ expected: token, changes, onlyIfOutboxIs: outbox.map(({ id }) => id) }),
    (store) => store.update({ expected: token, changes, onlyIfRevocationsAre: revocations.length }),
    (store) => store.replaceGeneration(exampleConnection({ connectionId: 'c', generation, outbox })),
    (store) =>
      store.replaceGeneration(
        exampleConnection({ connectionId: 'c', generation }),
        oneOf<Replaced>(['nothing', replaced]),
      ),
    (store) => store.remove('c', generation),
  ]);
}

function plain(value: unknown): unknown {
  return typeof value === 'object' && value !== null ? JSON.parse(JSON.stringify(value)) : value;
}

describe('The metered table of connections', () => {
  it('answers and stores the same in place as in copies, whatever is asked of it', async () => {
    for (let seed = 0; seed < 50; seed += 1) {
      const table = createConnectionTable({ counts: createCounters().dynamoDb });
      const fake = createFakeConnectionStore(createConnectionMemory());
      const choices = createChance(`${seed}`);
      for (let calls = 0; calls < 30; calls += 1) {
        // The same choices for both: drawn once, from a chance of this call's own.
        const own = `${seed} ${choices.share()}`;
        const answers = [
          await anyCall(createChance(own))(table.connections),
          await anyCall(createChance(own))(fake),
        ];
        expect(plain(answers[0]), own).toEqual(plain(answers[1]));
        expect(plain(await table.connections.read('c')), own).toEqual(plain(await fake.read('c')));
      }
    }
  });

  it('estimates an item’s size within a tenth of what DynamoDB counts', () => {
    const sealed = new Uint8Array(1_420);
    const generation = exampleGeneration();
    const token = { generation, version: 12, sealed };
    const connection: Connection = {
      ...exampleConnection({
        connectionId: 'adobe-abcdefghijklmnopqrstuvwxyz',
        subjectKey: 'x'.repeat(43),
        clientId: 'x'.repeat(32),
      }),
      refresh: token,
      previous: token,
      commitIds: ['x'.repeat(22), 'y'.repeat(22)],
      rotatedAtMs: NOW_MS,
      schedule: { name: `due--${'x'.repeat(36)}`, atMs: NOW_MS },
    };
    const bytes = itemBytes(connectionItem(connection));
    expect(connectionBytes(connection) / bytes).toBeGreaterThan(0.9);
    expect(connectionBytes(connection) / bytes).toBeLessThan(1.1);
  });
});

/** By the rules of DynamoDB's guide ("Item sizes and formats"). */
function itemBytes(item: ReturnType<typeof connectionItem>): number {
  return Object.entries(item).reduce(
    (sum, [name, attribute]) => sum + name.length + valueBytes(attribute),
    0,
  );
}

function valueBytes(attribute: ReturnType<typeof connectionItem>[string]): number {
  if (attribute.S !== undefined) return attribute.S.length;
  if (attribute.N !== undefined) return Math.ceil(attribute.N.length / 2) + 1;
  if (attribute.B !== undefined) return attribute.B.length;
  if (attribute.L !== undefined) return 3 + attribute.L.reduce((sum, one) => sum + 1 + valueBytes(one), 0);
  if (attribute.M !== undefined) return 3 + Object.keys(attribute.M).length + itemBytes(attribute.M);
  return 1;
}
