import { expect, test } from 'vitest';
import { withProblemBoundary } from '../../../functions/adapters/http/routing.ts';
import { createConnectionsRoute, RETRY_AFTER_SECONDS } from '../../../functions/connections/route.ts';
import type { Connection } from '../../../functions/core/connection/connection.ts';
import { subjectKeyOf } from '../../../functions/core/connection/connection-id.ts';
import { createEraseSubject } from '../../../functions/core/connection/erase-subject.ts';
import { createFakeVault } from '../../support/fake-vault/fake-vault.ts';
import { exampleAccessToken, exampleConnection } from '../../support/fakes/example-records.ts';
import { createFakeSubjectIndex } from '../../support/fakes/fake-connection-indexes.ts';
import { createFakeRotator } from '../../support/fakes/fake-rotator.ts';
import { type Fault, injectFaults, onCall, onEvery, unreachable } from '../../support/faults/fault-proxy.ts';

const SUB = '0123456789ABCDEF01234567@AdobeID';

/** Whose a connection is. */
function ofPerson(subject: string, clientId: string) {
  return {
    subject,
    subjectKey: subjectKeyOf(clientId, subject),
  };
}

function fixture(faults: { connections?: Fault[]; accessTokens?: Fault[]; subjects?: Fault[] } = {}) {
  const bench = createFakeVault({ revocationScope: 'user' });
  const { clientId } = bench.deps.settings;
  const connectedTokens: { reveal(): string }[] = [];
  const connect = async (connectionId: string, subject = SUB, changes: Partial<Connection> = {}) => {
    const { token, ...connection } = await bench.connect({
      connectionId,
      ...ofPerson(subject, clientId),
      ...changes,
    });
    connectedTokens.push(token);
    return connection;
  };
  const rotator = createFakeRotator(({ connectionId, trigger }) => bench.rotate({ connectionId, trigger }));
  const subjects = createFakeSubjectIndex(bench.memory);
  const eraseSubject = createEraseSubject({
    ...bench.deps,
    connections: injectFaults(bench.connections, faults.connections ?? []),
    accessTokens: injectFaults(bench.accessTokens, faults.accessTokens ?? []),
    subjects: injectFaults(subjects, faults.subjects ?? []),
    rotator,
    scopeSets: ['*'],
    clientId,
  });
  const post = async (body: unknown) => {
    const route = createConnectionsRoute({
      listConnections: () => Promise.reject(new Error('Not asked for here.')),
      describeConnection: async () => ({ outcome: 'not-found' }),
      beginDisconnect: async () => ({ outcome: 'not-found' }),
      forceRotation: async () => ({ outcome: 'not-found' }),
      eraseSubject,
    });
    const { telemetry } = bench;
    const handler = withProblemBoundary(route, { telemetry, retryAfterSeconds: RETRY_AFTER_SECONDS });
    const answer = await handler(
      {
        routeKey: 'POST /subjects/erase',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
      },
      { getRemainingTimeInMillis: () => 29_000 },
    );
    return { status: answer.statusCode, text: answer.body, body: JSON.parse(answer.body) };
  };
  return { ...bench, clientId, connect, connectedTokens, rotator, eraseSubject, post };
}

test('every connection of the user is disconnected, only ids stay, and no other user is affected', async () => {
  const bench = fixture();
  await bench.connect('acme.user-1');
  await bench.connect('other.user-9', SUB, { state: 'needs-reauthorization' });
  await bench.connect('acme.user-2', 'ANOTHER-PERSON@AdobeID');
  expect(await bench.eraseSubject(SUB)).toMatchObject({ outcome: 'erasing', connections: 2 });
  await bench.rotator.settled();

  for (const id of ['acme.user-1', 'other.user-9']) {
    const tombstone = await bench.stored(id);
    expect(tombstone.state).toBe('disconnected');
    expect(JSON.stringify(tombstone)).not.toContain(SUB);
    expect(tombstone).not.toHaveProperty('subjectKey');
    expect(await bench.accessTokens.read(id, '*')).toMatchObject({ kind: 'tombstone' });
  }
  expect(await bench.stored('acme.user-2')).toMatchObject({ state: 'active' });
});

test('all of them are revoked at Adobe, although it may revoke per user: none is spared for another', async () => {
  const bench = fixture();
  await bench.connect('acme.user-1');
  await bench.connect('acme.user-2');
  const states: string[][] = [];
  const eraseSubject = createEraseSubject({
    ...bench.deps,
    subjects: createFakeSubjectIndex(bench.memory),
    scopeSets: ['*'],
    clientId: bench.clientId,
    rotator: {
      ...bench.rotator,
      start: async ({ connectionId, trigger }) => {
        states.push([...bench.memory.connections.values()].map(({ state }) => state));
        await bench.rotate({ connectionId, trigger });
      },
    },
  });
  await eraseSubject(SUB);
  expect(states[0]).toEqual(['disconnecting', 'disconnecting']);
  const receipts = bench.events.published.filter(({ event }) => event.type === 'Disconnected');
  expect(receipts).toHaveLength(2);
  for (const { event } of receipts) expect(event.detail).toMatchObject({ keptForOtherConnections: 0 });
  for (const token of bench.connectedTokens) expect(bench.ims.ledger.isLive(token.reveal())).toBe(false);
});

test('an id that another user has taken over since is not disconnected', async () => {
  const bench = fixture();
  await bench.connect('acme.user-1', 'ANOTHER-PERSON@AdobeID');
  const connectionIdsOf = async () => ['acme.user-1', 'acme.gone'];
  const subjects = { ...createFakeSubjectIndex(bench.memory), connectionIdsOf };
  const { clientId, rotator } = bench;
  const eraseSubject = createEraseSubject({ ...bench.deps, subjects, rotator, scopeSets: ['*'], clientId });
  expect(await eraseSubject(SUB)).toMatchObject({ outcome: 'erasing', connections: 0 });
  expect(await bench.stored('acme.user-1')).toMatchObject({ state: 'active' });
  expect(bench.rotator.started).toEqual([]);
});

test('it can be repeated: what is under way is started again, and afterwards there is nothing', async () => {
  const bench = fixture();
  await bench.connect('acme.user-1');
  bench.ims.scriptRevoke({ kind: 'retry' });
  expect(await bench.eraseSubject(SUB)).toMatchObject({ connections: 1 });
  await bench.rotator.settled();
  const { generation } = await bench.stored('acme.user-1');
  bench.clock.advance(3_600_000);
  expect(await bench.eraseSubject(SUB)).toMatchObject({ connections: 1 });
  await bench.rotator.settled();
  expect(await bench.stored('acme.user-1')).toMatchObject({ generation, state: 'disconnected' });
  expect(await bench.eraseSubject(SUB)).toMatchObject({ outcome: 'erasing', connections: 0 });
});

test('a parked successor of theirs is revoked and its schedule removed', async () => {
  const bench = fixture();
  const { generation, version, refresh } = await bench.connect('acme.user-1');
  await bench.parking.park({
    connectionId: 'acme.user-1',
    generation,
    version,
    sealed: refresh?.sealed ?? new Uint8Array(),
    commitId: 'commit',
    parkedAtMs: bench.clock.nowMs(),
    refreshExpiresAtMs: bench.clock.nowMs() + 1e9,
    sliding: 'unknown',
  });
  await bench.eraseSubject(SUB);
  await bench.rotator.settled();
  expect(await bench.parking.find({ connectionId: 'acme.user-1', generation, version })).toBeUndefined();
});

test.each<[string, Parameters<typeof fixture>[0]]>([
  ['the index does not answer', { subjects: [unreachable('STORE_UNAVAILABLE', onEvery())] }],
  [
    'one connection cannot be written',
    { connections: [unreachable('STORE_UNAVAILABLE', onCall('replaceGeneration', 1))] },
  ],
  [
    'the tombstones cannot be written',
    { accessTokens: [unreachable('STORE_UNAVAILABLE', onEvery('invalidateOlder'))] },
  ],
])('it is not complete while %s, and the caller has to repeat it', async (_, faults) => {
  const bench = fixture(faults);
  await bench.connect('acme.user-1');
  await bench.connect('acme.user-2');
  await bench.accessTokens.publish(exampleAccessToken({ connectionId: 'acme.user-1' }), 9_999_999_999);
  const { status, body } = await bench.post({ sub: SUB });
  expect([status, body.code]).toEqual([503, 'temporarily_unavailable']);
  expect(bench.rotator.started).toHaveLength(faults?.subjects ? 0 : faults?.connections ? 1 : 2);
});

test('the receipt counts, says when to check again, and does not name the user', async () => {
  const bench = fixture();
  await bench.connect('acme.user-1');
  const { status, text, body } = await bench.post({ sub: SUB });
  expect(status).toBe(202);
  expect(body).toEqual({
    connections: 1,
    unknownOwners: 0,
    repeatAfter: new Date(bench.clock.nowMs() + 12 * 60_000).toISOString(),
  });
  expect(text).not.toContain(SUB);
  expect(JSON.stringify(bench.telemetry)).not.toContain(SUB);
});

test.each([[{}], [{ sub: '' }], [{ sub: 7 }], [{ sub: 'x'.repeat(257) }], [{ sub: SUB, all: true }]])(
  'a body like %j is refused, and nothing is erased',
  async (body) => {
    const bench = fixture();
    await bench.connect('acme.user-1');
    const answer = await bench.post(body);
    expect([answer.status, answer.body.code]).toEqual([400, 'invalid_request']);
    expect(await bench.stored('acme.user-1')).toMatchObject({ state: 'active' });
  },
);

test('it returns the number of connections whose owner is unknown', async () => {
  const bench = fixture();
  await bench.connect('acme.user-1');
  const { subject: _, subjectKey: __, ...imported } = exampleConnection({ connectionId: 'acme.imported' });
  await bench.connections.replaceGeneration(imported);
  const { status, body } = await bench.post({ sub: SUB });
  expect(status).toBe(202);
  expect(body).toMatchObject({ connections: 1, unknownOwners: 1 });
  expect(await bench.stored('acme.imported')).toMatchObject({ state: 'active' });
});
