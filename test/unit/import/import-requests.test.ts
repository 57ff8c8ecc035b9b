import { expect, test } from 'vitest';
import { EXAMPLE_CLIENT_ID } from '../../support/fakes/example-records.ts';
import { onEvery, unreachable } from '../../support/faults/fault-proxy.ts';
import { createImportBench, MAX_IMPORT_LINES, readableToken, SUB } from './import-bench.ts';

const ID = 'acme.user-42';
const PLANTED = 'planted-refresh-token-7Jq2';

function lineOf(line: object) {
  return JSON.stringify({ connectionId: ID, refreshToken: PLANTED, ...line });
}

test.each<[string, string, string]>([
  ['is no JSON', `{ "refreshToken": "${PLANTED}"`, 'line_not_json'],
  ['is no object', JSON.stringify([PLANTED]), 'member_invalid'],
  ['has an unknown member', lineOf({ [PLANTED]: 1 }), 'member_invalid'],
  ['has no token', JSON.stringify({ connectionId: ID }), 'member_invalid'],
  ['has an empty token', lineOf({ refreshToken: '' }), 'member_invalid'],
  ['has a token that is no text', lineOf({ refreshToken: 7 }), 'member_invalid'],
  ['has a token with a line break', lineOf({ refreshToken: `${PLANTED}\n` }), 'member_invalid'],
  ['has a token of more than 16 KB', lineOf({ refreshToken: 'x'.repeat(16_385) }), 'member_invalid'],
  ['is longer than 32 KB', lineOf({ clientId: 'x'.repeat(33_000) }), 'line_too_long'],
  ['has no connection id', JSON.stringify({ refreshToken: PLANTED }), 'member_invalid'],
  ['has a malformed connection id', lineOf({ connectionId: 'a/b' }), 'member_invalid'],
  ['has the token in the place of the id', lineOf({ connectionId: `${PLANTED}=` }), 'member_invalid'],
  ['has an end of life that is no time', lineOf({ refreshExpiresAt: 'soon' }), 'member_invalid'],
  [
    'has an end of life without a zone',
    lineOf({ refreshExpiresAt: '2030-01-01T00:00:00' }),
    'member_invalid',
  ],
  ...[
    '2030-01-20T00:00:00+05',
    '2030-01-20T00:00:00-08',
    '2030-01-20T00:00:00+0530',
    '2030-01-20 00:00:00Z',
    '2030-02-30T00:00:00Z',
    '2030-01-20',
    '0001-01-01T00:00:00Z',
    '9999-12-31T23:59:59Z',
  ].map((refreshExpiresAt): [string, string, string] => [
    `has ${refreshExpiresAt} for an end of life`,
    lineOf({ refreshExpiresAt }),
    'member_invalid',
  ]),
  ['has scopes as one text', lineOf({ scopes: 'openid,email' }), 'member_invalid'],
  ['has a reserved id', lineOf({ connectionId: 'Adobe-x' }), 'connection_id_reserved'],
  ['names another credential', lineOf({ clientId: 'another-client' }), 'other_client'],
  [
    'has a token of another credential',
    lineOf({ refreshToken: readableToken({ client_id: 'another-client', planted: PLANTED }) }),
    'other_client',
  ],
  [
    'has an access token',
    lineOf({ refreshToken: readableToken({ type: 'access_token', planted: PLANTED }) }),
    'not_a_refresh_token',
  ],
  [
    'has a token of another user than it says',
    lineOf({ sub: SUB, refreshToken: readableToken({ user_id: 'OTHER@AdobeID', planted: PLANTED }) }),
    'other_subject',
  ],
  [
    'has a token that has ended',
    lineOf({
      refreshToken: readableToken({
        created_at: '1500000000000',
        expires_in: '1209600000',
        planted: PLANTED,
      }),
    }),
    'expired',
  ],
])('a line that %s is refused alone, and shows nothing of the token', async (_, line, reason) => {
  const bench = createImportBench();
  const good = JSON.stringify({ connectionId: 'acme.good', refreshToken: bench.granted() });
  const { status, text, body } = await bench.post(`${line}\n${good}\n`);
  expect(status).toBe(200);
  expect(body.results[0]).toMatchObject({ line: 1, result: 'invalid', reason });
  expect(body.results[1]).toMatchObject({ line: 2, connectionId: 'acme.good', result: 'imported' });
  expect([...bench.memory.connections.keys()]).toEqual(['acme.good']);
  expect(text).not.toContain('planted');
  expect(bench.telemetry.leaksOf([PLANTED])).toEqual([]);
});

test.each<[string, object]>([
  ['says nothing of itself', { refreshToken: 'opaque' }],
  ['has three parts that are no JSON', { refreshToken: 'a.b.c' }],
  [
    'is the vault’s own',
    { refreshToken: readableToken({ type: 'refresh_token', client_id: EXAMPLE_CLIENT_ID }) },
  ],
  ['names the vault’s own credential as well', { clientId: EXAMPLE_CLIENT_ID }],
])('a token that %s is accepted', async (_, line) => {
  const bench = createImportBench();
  const { body } = await bench.post(lineOf(line));
  expect(body.totals).toMatchObject({ imported: 1 });
});

test.each([
  ['in the east', '2026-01-16T00:00:00+05:30', '2026-01-15T18:30:00.000Z'],
  ['in the west', '2026-01-15T23:00:00.5-08:00', '2026-01-16T07:00:00.500Z'],
])('an end of life that is written %s is the same moment', async (_, refreshExpiresAt, expected) => {
  const bench = createImportBench();
  const { body } = await bench.post(lineOf({ refreshExpiresAt }), 'dry_run=true');
  expect(body.results).toMatchObject([{ result: 'imported', refreshExpiresAt: expected }]);
});

test.each<[string, Record<string, unknown>]>([
  ['an end beyond the calendar', { created_at: '1768478400000', expires_in: '9999999999999999' }],
  ['an end in ten thousand years', { created_at: '1768478400000', expires_in: '315360000000000' }],
  ['a beginning beyond the calendar', { created_at: '9999999999999999', expires_in: '1209600000' }],
  ['a life that no number holds', { created_at: '1768478400000', expires_in: 1e308 }],
  ['a life in seconds', { created_at: '1768476400000', expires_in: '1209600' }],
  ['a beginning in seconds', { created_at: '1768478400', expires_in: '1209600000' }],
])('a token that claims %s is imported like one that says nothing of its end', async (_, claims) => {
  for (const query of ['dry_run=true', '']) {
    const bench = createImportBench();
    const { status, body } = await bench.post(lineOf({ refreshToken: readableToken(claims) }), query);
    expect(status).toBe(200);
    expect(body.results).toEqual([
      { line: 1, connectionId: ID, result: 'imported', refreshExpiresAt: '2026-01-16T12:00:00.000Z' },
    ]);
  }
});

test('a dry run states the end that the import then believes', async () => {
  const bench = createImportBench();
  const line = lineOf({ refreshExpiresAt: '2090-01-01T00:00:00Z' });
  const [dry, done] = [await bench.post(line, 'dry_run=true'), await bench.post(line)];
  expect(dry.body.results).toEqual(done.body.results);
});

test('of two lines with one id, or one token, the first counts', async () => {
  const bench = createImportBench();
  const { results } = await bench.send([
    { connectionId: 'acme.1', refreshToken: 'one' },
    { connectionId: 'acme.1', refreshToken: 'two' },
    { connectionId: 'acme.2', refreshToken: 'one' },
  ]);
  expect(results).toMatchObject([
    { result: 'imported' },
    { result: 'invalid', reason: 'connection_id_repeated' },
    { result: 'invalid', reason: 'refresh_token_repeated' },
  ]);
});

test('lines are counted as an editor shows them, empty ones left out; a byte order mark and CRLF do no harm', async () => {
  const bench = createImportBench();
  const [one, two] = ['acme.1', 'acme.2'].map((connectionId) =>
    JSON.stringify({ connectionId, refreshToken: bench.granted() }),
  );
  const { body } = await bench.post(`\ufeff${one}\r\n\r\n${two}\r\n`);
  expect(body.results).toMatchObject([
    { line: 1, result: 'imported' },
    { line: 3, result: 'imported' },
  ]);
});

test.each([
  ['a parameter that is misspelt', lineOf({}), 'dry-run=true', {}],
  ['a flag that is neither true nor false', lineOf({}), 'dry_run=1', {}],
  ['a flag given twice', lineOf({}), 'dry_run=true&dry_run=true', {}],
  ['no line at all', '\n \n', '', {}],
  ['a body of another type', lineOf({}), '', { 'content-type': 'application/json' }],
  ['too many lines', Array.from({ length: MAX_IMPORT_LINES + 1 }, () => '{}').join('\n'), '', {}],
])('%s refuses the request as a whole, and nothing is written', async (_, body, query, headers) => {
  const bench = createImportBench();
  const answer = await bench.post(body, query, { 'content-type': 'application/jsonl', ...headers });
  expect([answer.status, answer.body.code]).toEqual([400, 'invalid_request']);
  expect(bench.memory.connections.size).toBe(0);
  expect(answer.text).not.toContain(PLANTED);
});

test('no token shows in logs, metrics, errors or stored attributes, whatever goes wrong', async () => {
  for (const faults of [
    {},
    { connections: [unreachable('STORE_UNAVAILABLE', onEvery())] },
    { sealer: [unreachable('ACCESS_DENIED', onEvery())] },
  ]) {
    const bench = createImportBench(faults);
    const { text } = await bench.post(lineOf({}));
    expect(text).not.toContain(PLANTED);
    expect(bench.telemetry.leaksOf([PLANTED])).toEqual([]);
    expect(JSON.stringify([...bench.memory.connections.values()])).not.toContain(PLANTED);
  }
});
