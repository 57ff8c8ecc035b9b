import { expect, test } from 'vitest';
import type { TokenClient } from '../../../client/index.ts';
import { until } from '../../support/time/until.ts';
import { clientFixture, ID, problemAnswer, tokenAnswer } from './client-fixture.ts';

const STATUS = {
  connectionId: ID,
  state: 'active',
  scopes: [],
  renewable: true,
  sliding: 'yes',
  connectedAt: '',
};
const REDEEMED = { connectionId: ID, sub: 'u', scopes: ['openid'], renewable: true, keptPrevious: false };

test.each<[string, (client: TokenClient) => Promise<unknown>, [string, string, unknown], object, number]>([
  ['status', (client) => client.status(ID), ['GET', `/connections/${ID}`, undefined], STATUS, 200],
  [
    'disconnect',
    (client) => client.disconnect(ID),
    ['DELETE', `/connections/${ID}`, undefined],
    { connectionId: ID, state: 'disconnecting' },
    202,
  ],
  [
    'openConsent',
    (client) => client.openConsent(ID, { returnTo: 'https://app.example/back' }),
    ['POST', `/connections/${ID}/consents`, { returnTo: 'https://app.example/back' }],
    { authorizeUrl: 'https://vault.example/authorize?session=s', expiresAt: '2026-01-15T12:10:00.000Z' },
    201,
  ],
  [
    'redeemConsent',
    (client) => client.redeemConsent(ID, { connectionCode: 'c' }),
    ['POST', `/connections/${ID}/consents/redeem`, { connectionCode: 'c' }],
    REDEEMED,
    200,
  ],
  [
    'redeemSignIn',
    (client) => client.redeemSignIn({ connectionCode: 'c', appState: 's' }),
    ['POST', '/sign-ins/redeem', { connectionCode: 'c', appState: 's' }],
    REDEEMED,
    200,
  ],
])(
  '%s asks its route and answers what the vault says',
  async (_, call, [method, path, body], answer, status) => {
    const { client, calls } = clientFixture(() => Response.json(answer, { status }));
    expect(await call(client)).toEqual(answer);
    expect(calls).toHaveLength(1);
    expect(calls[0]).toMatchObject({ method, body: body && JSON.stringify(body) });
    expect(calls[0]?.url.pathname).toBe(path);
    expect(calls[0]?.headers.get('authorization')).toMatch(/^AWS4-HMAC-SHA256 .*\/eu-west-1\/execute-api\//);
    expect(calls[0]?.headers.get('content-type')).toBe(body === undefined ? null : 'application/json');
  },
);

test.each([
  [400, 'code_not_valid', 'code_not_valid'],
  [409, 'consent_superseded', 'consent_superseded'],
  [400, 'connection_id_reserved', 'invalid_request'],
  [404, 'connection_not_found', 'connection_not_found'],
])('%i %s becomes the error %s', async (status, problem, code) => {
  const { client } = clientFixture(() => problemAnswer(status, problem));
  await expect(client.redeemConsent(ID, { connectionCode: 'c' })).rejects.toMatchObject({ code });
});

test('a response that is not a vault’s is an unexpected answer', async () => {
  const { client } = clientFixture(() => Response.json({ hello: 'world' }));
  await expect(client.status(ID)).rejects.toMatchObject({ code: 'unexpected_answer' });
});

test('an id, a code or a state that cannot be one is refused here', async () => {
  const { client, calls } = clientFixture(() => Response.json({}));
  await expect(client.disconnect('a/../b')).rejects.toMatchObject({ code: 'invalid_request' });
  for (const request of [
    { connectionCode: '', appState: 's' },
    { connectionCode: 'c', appState: '' },
  ]) {
    await expect(client.redeemSignIn(request)).rejects.toMatchObject({ code: 'invalid_request' });
  }
  expect(calls).toEqual([]);
});

test('a caller that aborts ends the request', async () => {
  const { client, calls } = clientFixture(
    ({ signal }) =>
      new Promise((_, reject) => {
        signal.addEventListener('abort', () => reject(signal.reason), { once: true });
      }),
  );
  const caller = new AbortController();
  const asked = client.status(ID, { signal: caller.signal });
  await until(() => calls.length === 1);
  caller.abort(new Error('enough'));
  await expect(asked).rejects.toThrow('enough');
});

test.each<[string, (client: TokenClient) => Promise<unknown>, object]>([
  ['a disconnect', (client) => client.disconnect(ID), { state: 'disconnecting' }],
  ['a redeemed consent', (client) => client.redeemConsent(ID, { connectionCode: 'c' }), REDEEMED],
])('after %s no previous token is used from memory', async (_, call, answer) => {
  let vends = 0;
  const { client } = clientFixture(({ url }) => {
    if (!url.pathname.startsWith('/access-tokens/')) return Response.json(answer);
    vends += 1;
    return tokenAnswer(`t${vends}`);
  });
  await client.getAccessToken(ID);
  await call(client);
  expect((await client.getAccessToken(ID)).accessToken).toBe('t2');
});

test('a token that was on its way during a disconnect is not remembered', async () => {
  let answer = (_response: Response): void => undefined;
  let vends = 0;
  const { client, calls } = clientFixture(({ url }) => {
    if (!url.pathname.startsWith('/access-tokens/')) return Response.json({ state: 'disconnecting' });
    vends += 1;
    return vends > 1
      ? problemAnswer(404, 'connection_not_found')
      : new Promise((resolve) => {
          answer = resolve;
        });
  });
  const asked = client.getAccessToken(ID);
  await until(() => calls.length === 1);
  await client.disconnect(ID);
  answer(tokenAnswer('late'));
  await asked;
  await expect(client.getAccessToken(ID)).rejects.toMatchObject({ code: 'connection_not_found' });
});
