import { expect, test } from 'vitest';
import { deriveConnectionId } from '../../../functions/core/connection/connection-id.ts';
import { takingThePlaceOf } from '../../../functions/core/consent/consent-connection.ts';
import type { ReceivedTokens } from '../../../functions/core/ports/ims.ts';
import {
  EXAMPLE_CLIENT_ID,
  exampleAccessToken,
  exampleConnection,
  exampleGeneration,
} from '../../support/fakes/example-records.ts';
import { onCall, onEvery, replyLost, unreachable } from '../../support/faults/fault-proxy.ts';
import { createImportBench, readableToken, SUB } from './import-bench.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const ID = 'acme.user-42';

test('a token is stored sealed, as suspect and due at once, and its first rotation proves it', async () => {
  const bench = createImportBench();
  const answer = await bench.send([
    { connectionId: ID, refreshToken: bench.granted(), sub: SUB, scopes: ['openid', 'lr_partner_apis'] },
  ]);
  expect(answer.totals).toEqual({ imported: 1, replaced: 0, exists: 0, invalid: 0, unavailable: 0 });
  const nowMs = bench.clock.nowMs();
  expect(await bench.stored(ID)).toMatchObject({
    state: 'suspect',
    version: 1,
    subject: SUB,
    grantedScopes: ['openid', 'lr_partner_apis'],
    renewable: true,
    rotateAtMs: nowMs,
    dueAtMs: nowMs,
    outbox: [],
  });
  expect(await bench.stored(ID)).not.toHaveProperty('schedule');
  expect(await bench.fireDue(ID)).toEqual({ outcome: 'rotated' });
  expect(await bench.stored(ID)).toMatchObject({ state: 'active', version: 2 });
});

test('the same file again changes nothing, also after the token was rotated away, also with replace', async () => {
  const bench = createImportBench();
  const lines = [{ connectionId: ID, refreshToken: bench.granted() }];
  await bench.send(lines);
  await bench.fireDue(ID);
  const before = await bench.stored(ID);
  for (const query of ['', 'replace=true']) {
    expect((await bench.send(lines, query)).results).toEqual([
      { line: 1, connectionId: ID, result: 'exists', reason: 'same_token' },
    ]);
  }
  expect(await bench.stored(ID)).toEqual(before);
});

test('the same file is recognized after a new consent: a consumed token never replaces a fresh one', async () => {
  const bench = createImportBench();
  const lines = [{ connectionId: ID, refreshToken: bench.granted() }];
  await bench.send(lines);
  const consented = exampleConnection({ generation: exampleGeneration(bench.clock.nowMs() + HOUR_MS) });
  await bench.connections.replaceGeneration(takingThePlaceOf(await bench.stored(ID), consented, [], []));
  expect((await bench.send(lines, 'replace=true')).results).toMatchObject([{ reason: 'same_token' }]);
  expect(await bench.stored(ID)).toMatchObject({ generation: consented.generation });
});

test('what is connected already stays unless the request says replace', async () => {
  const bench = createImportBench();
  const connected = await bench.connect({ connectionId: ID });
  const lines = [{ connectionId: ID, refreshToken: bench.granted(), sub: connected.subject }];
  expect((await bench.send(lines)).results[0]).toMatchObject({ result: 'exists', reason: 'in_use' });
  expect((await bench.stored(ID)).generation).toBe(connected.generation);

  await bench.accessTokens.publish(
    exampleAccessToken({ connectionId: ID, generation: connected.generation }),
    9_999_999_999,
  );
  expect((await bench.send(lines, 'replace=true')).results[0]).toMatchObject({ result: 'replaced' });
  const replaced = await bench.stored(ID);
  expect(replaced.generation > connected.generation).toBe(true);
  expect(replaced.revocations, 'of the same user nothing is revoked: it expires').toEqual([]);
  expect(await bench.accessTokens.read(ID, '*')).toMatchObject({
    kind: 'tombstone',
    generation: replaced.generation,
  });
});

test('for another Adobe user, the tokens of the replaced grant are revoked, access tokens included', async () => {
  const bench = createImportBench();
  const { generation, subjectKey } = await bench.connect({ connectionId: ID });
  const expiresAtMs = bench.clock.nowMs() + HOUR_MS;
  await bench.accessTokens.publish(
    exampleAccessToken({ connectionId: ID, generation, expiresAtMs }),
    9_999_999_999,
  );
  await bench.send(
    [{ connectionId: ID, refreshToken: bench.granted('OTHER@AdobeID'), sub: 'OTHER@AdobeID' }],
    'replace=true',
  );
  expect((await bench.stored(ID)).revocations).toMatchObject([
    { kind: 'refresh', subjectKey, token: { generation } },
    { kind: 'access', subjectKey, token: { generation, scopeSet: '*' } },
  ]);
});

test('events and revocations that wait move over to what replaces them', async () => {
  const bench = createImportBench();
  const event = {
    id: 'e1',
    type: 'Degraded',
    atMs: 1,
    generation: 'g',
    detail: { code: 'SEAL_BROKEN' },
  } as const;
  await bench.connect({ connectionId: ID, outbox: [event] });
  await bench.send([{ connectionId: ID, refreshToken: bench.granted() }], 'replace=true');
  expect((await bench.stored(ID)).outbox).toEqual([event]);
});

test.each(['disconnecting', 'disconnected'] as const)('nothing undoes a disconnect: %s', async (state) => {
  const bench = createImportBench();
  await bench.connect({ connectionId: ID, state });
  const answer = await bench.send([{ connectionId: ID, refreshToken: bench.granted() }], 'replace=true');
  expect(answer.results[0]).toMatchObject({ result: 'exists', reason: 'disconnected' });
  expect(await bench.stored(ID)).toMatchObject({ state });
});

test('a dry run says what would happen and asks neither KMS nor the table for a write', async () => {
  const bench = createImportBench({
    connections: [unreachable('STORE_UNAVAILABLE', onEvery('replaceGeneration'))],
    accessTokens: [unreachable('STORE_UNAVAILABLE', onEvery())],
    sealer: [unreachable('KEY_UNAVAILABLE', onEvery())],
  });
  await bench.connect({ connectionId: 'acme.connected' });
  const lines = [
    { connectionId: ID, refreshToken: bench.granted() },
    { connectionId: 'acme.connected', refreshToken: bench.granted() },
    { connectionId: 'acme.ended', refreshToken: bench.granted(), refreshExpiresAt: '2020-01-01T00:00:00Z' },
  ];
  const results = async (query: string) =>
    (await bench.send(lines, query)).results.map(({ result }) => result);
  expect(await results('dry_run=true')).toEqual(['imported', 'exists', 'invalid']);
  expect(await results('dry_run=true&replace=true')).toEqual(['imported', 'replaced', 'invalid']);
  expect([...bench.memory.connections.keys()]).toEqual(['acme.connected']);
  expect(bench.telemetry.total('ImportedTokens')).toBe(0);
});

test.each<[string, Record<string, unknown>, string | undefined]>([
  ['what the token says of itself', {}, 'token'],
  ['the earlier of the two where the other system knows too', { refreshExpiresAt: 3 * DAY_MS }, 'line'],
  ['the one that lies ahead where the other has passed', { refreshExpiresAt: -DAY_MS }, 'token'],
])('the end of life is %s', async (_, { refreshExpiresAt }, expected) => {
  const bench = createImportBench();
  const nowMs = bench.clock.nowMs();
  const refreshToken = readableToken({
    type: 'refresh_token',
    created_at: String(nowMs - DAY_MS),
    expires_in: String(9 * DAY_MS),
  });
  const line = {
    connectionId: ID,
    refreshToken,
    ...(typeof refreshExpiresAt === 'number' && {
      refreshExpiresAt: new Date(nowMs + refreshExpiresAt).toISOString(),
    }),
  };
  await bench.send([line]);
  const { refreshExpiresAtMs } = await bench.stored(ID);
  expect(refreshExpiresAtMs).toBe(nowMs + (expected === 'token' ? 8 : 3) * DAY_MS);
});

test.each([
  ['400 days', 400 * DAY_MS],
  ['15 days', 15 * DAY_MS],
  ['milliseconds taken for seconds', 1e15],
])('no end later than 14 days is believed of a line or a token: %s', async (_, aheadMs) => {
  const nowMs = createImportBench().clock.nowMs();
  const claims = { type: 'refresh_token', created_at: String(nowMs), expires_in: String(aheadMs) };
  const refreshExpiresAt = new Date(nowMs + Math.min(aheadMs, 400 * DAY_MS)).toISOString();
  const lines = [
    { connectionId: ID, refreshToken: readableToken(claims) },
    { connectionId: ID, refreshToken: readableToken(claims), refreshExpiresAt },
    { connectionId: ID, refreshToken: 'opaque-token', refreshExpiresAt },
  ];
  for (const line of lines) {
    const bench = createImportBench();
    expect((await bench.send([line], 'dry_run=true')).results[0]).toMatchObject({ result: 'imported' });
    await bench.send([line]);
    expect(await bench.stored(ID)).toMatchObject({ refreshExpiresAtMs: nowMs + DAY_MS, rotateAtMs: nowMs });
  }
});

test('a token with an unknown expiry is assumed to expire soon, so that the reconciler takes it first', async () => {
  const bench = createImportBench();
  await bench.send([{ connectionId: ID, refreshToken: 'opaque-token' }]);
  expect((await bench.stored(ID)).refreshExpiresAtMs).toBe(bench.clock.nowMs() + DAY_MS);
  expect(bench.rotator.started).toEqual([]);
});

test('the first rotation of a token with an unknown expiry sends no warning and does not call it ending', async () => {
  const bench = createImportBench({}, { mode: 'reuse' });
  await bench.send([{ connectionId: ID, refreshToken: bench.granted() }]);
  bench.clock.advance(HOUR_MS);
  bench.ims.script({
    distort: (answer) =>
      answer.kind === 'tokens' ? { ...answer, tokens: { ...keptToken(answer.tokens), hints: {} } } : answer,
  });
  expect(await bench.rotate({ connectionId: ID })).toEqual({ outcome: 'rotated' });
  expect(await bench.stored(ID)).toMatchObject({
    state: 'active',
    sliding: 'unknown',
    refreshExpiresAtMs: bench.clock.nowMs() + 14 * DAY_MS,
    outbox: [],
  });
  expect((await bench.stored(ID)).rotateAtMs).toBeGreaterThan(bench.clock.nowMs() + 6 * DAY_MS);
});

/** IMS sends no refresh token when the old one stays valid. */
function keptToken({ refreshToken: _, ...tokens }: ReceivedTokens): ReceivedTokens {
  return tokens;
}

test('a token that is known to end before the reconciler can have come is rotated at once', async () => {
  const bench = createImportBench();
  const refreshExpiresAt = new Date(bench.clock.nowMs() + 2 * HOUR_MS).toISOString();
  await bench.send([{ connectionId: ID, refreshToken: bench.granted(), refreshExpiresAt }]);
  await bench.rotator.settled();
  expect(await bench.stored(ID)).toMatchObject({ state: 'active', version: 2 });
});

test('the user is read from the line, else from the token', async () => {
  const bench = createImportBench();
  await bench.send([
    { connectionId: 'acme.1', refreshToken: readableToken({ user_id: SUB }) },
    { connectionId: 'acme.2', refreshToken: 'opaque', sub: SUB },
    { connectionId: 'acme.3', refreshToken: 'opaque-too' },
  ]);
  const subjects = ['acme.1', 'acme.2', 'acme.3'].map(async (id) => (await bench.stored(id)).subject);
  expect(await Promise.all(subjects)).toEqual([SUB, SUB, undefined]);
});

test('an id of a plain sign-in is accepted only for the user it is derived from', async () => {
  const bench = createImportBench();
  const connectionId = deriveConnectionId(EXAMPLE_CLIENT_ID, SUB);
  const reserved = { result: 'invalid', reason: 'connection_id_reserved' };
  for (const sub of [{}, { sub: 'OTHER@AdobeID' }]) {
    const { results } = await bench.send([{ connectionId, refreshToken: 'opaque', ...sub }]);
    expect(results).toMatchObject([reserved]);
  }
  const { results } = await bench.send([{ connectionId, refreshToken: 'opaque', sub: SUB }]);
  expect(results).toMatchObject([{ result: 'imported' }]);
});

test.each([
  ['the table cannot be read', { connections: [unreachable('STORE_UNAVAILABLE', onCall('read', 1))] }],
  [
    'the table cannot be written',
    { connections: [unreachable('STORE_UNAVAILABLE', onCall('replaceGeneration', 1))] },
  ],
  ['KMS gives no key', { sealer: [unreachable('KEY_UNAVAILABLE', onCall('prepare', 1))] }],
])('one line is to be sent again when %s, and the others are imported', async (_, faults) => {
  const bench = createImportBench(faults);
  const lines = [1, 2, 3].map((at) => ({ connectionId: `acme.${at}`, refreshToken: bench.granted() }));
  expect((await bench.send(lines)).totals).toMatchObject({ imported: 2, unavailable: 1 });
  expect((await bench.send(lines)).totals).toMatchObject({ imported: 1, exists: 2 });
});

test('a write whose reply was lost is known again when the line is sent once more', async () => {
  const bench = createImportBench({
    connections: [replyLost('STORE_UNAVAILABLE', onCall('replaceGeneration', 1))],
  });
  const lines = [{ connectionId: ID, refreshToken: bench.granted() }];
  expect((await bench.send(lines)).results[0]).toMatchObject({ result: 'unavailable' });
  const { generation } = await bench.stored(ID);
  expect((await bench.send(lines)).results[0]).toMatchObject({ result: 'exists', reason: 'same_token' });
  expect((await bench.stored(ID)).generation).toBe(generation);
});

test('tombstones that an interrupted replacement left out are written when it is repeated', async () => {
  const bench = createImportBench({
    connections: [replyLost('STORE_UNAVAILABLE', onCall('replaceGeneration', 1))],
  });
  const { generation } = await bench.connect({ connectionId: ID });
  await bench.accessTokens.publish(exampleAccessToken({ connectionId: ID, generation }), 9_999_999_999);
  const lines = [{ connectionId: ID, refreshToken: bench.granted() }];
  await bench.send(lines, 'replace=true');
  expect(await bench.accessTokens.read(ID, '*')).toMatchObject({ kind: 'token' });
  await bench.send(lines, 'replace=true');
  expect(await bench.accessTokens.read(ID, '*')).toMatchObject({ kind: 'tombstone' });
});

test('a rotation that commits in between does not lose the replacement, nor is it overwritten unseen', async () => {
  const bench = createImportBench();
  await bench.connect({ connectionId: ID });
  const [, answer] = await Promise.all([
    bench.rotate({ connectionId: ID, trigger: 'operator' }),
    bench.send([{ connectionId: ID, refreshToken: bench.granted() }], 'replace=true'),
  ]);
  expect(answer.results[0]).toMatchObject({ result: 'replaced' });
  expect(await bench.stored(ID)).toMatchObject({ importedFrom: expect.any(String) });
});
