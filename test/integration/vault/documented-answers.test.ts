import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import type { HttpHandler } from '../../../functions/adapters/http/http-event.ts';
import { withProblemBoundary } from '../../../functions/adapters/http/routing.ts';
import { createConnectionsRoute } from '../../../functions/connections/route.ts';
import { createImportRoute } from '../../../functions/import/route.ts';
import { createCollectingTelemetry } from '../../support/fakes/collecting-telemetry.ts';
import { signedFetch } from '../../support/local-stack/signed-fetch.ts';
import { createAnswerCheck } from '../../support/openapi/classify-answer.ts';
import { readOpenApiDocument } from '../../support/openapi/openapi-document.ts';
import { startVaultWorld, type VaultWorld } from '../../support/vault/vault-world.ts';

const BACKEND = 'WebBackendRole';
const APP_STATE = 'state-of-the-app-0123456789';
const CODE = 'A'.repeat(43);

interface Call {
  readonly id?: string;
  readonly query?: string;
  readonly json?: object;
  readonly body?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly role?: string;
}

const document = readOpenApiDocument();
const { decide, unseen } = createAnswerCheck(document);
const SIGNED = document.operations.filter(({ security }) => security === undefined).map(({ route }) => route);

/** A valid request for each signed route. */
const BODIES: Readonly<Record<string, Call>> = {
  'POST /connections/{connectionId}/consents/redeem': { json: { connectionCode: CODE } },
  'POST /sign-ins/redeem': { json: { connectionCode: CODE, appState: APP_STATE } },
  'POST /subjects/erase': { json: { sub: 'ABSENT@AdobeID' } },
};

describe('Every answer is as docs/openapi.yaml says:', () => {
  let world: VaultWorld;
  let outage = false;
  beforeAll(async () => {
    world = await startVaultWorld({ cdkOut: inject('cdkOut') });
    const backend = world.stack.iam.role(BACKEND);
    const Statement = [{ Effect: 'Allow', Action: 'execute-api:Invoke', Resource: '*' }];
    backend.policies = [...backend.policies, { name: 'every-route', document: { Statement } }];
  });
  afterAll(() => world.stop());

  const read = async (route: string, response: Response) => {
    const body = await response.text();
    decide(route, { status: response.status, headers: Object.fromEntries(response.headers), body });
    return { status: response.status, headers: response.headers, body };
  };
  /** Asks again, as callers do, while a busy machine makes the vault's own time limits run out. */
  const patiently = async <Answer extends { readonly status: number }>(ask: () => Promise<Answer>) => {
    for (let tries = 1; ; tries++) {
      const answer = await ask();
      if (answer.status !== 503 || outage || tries === 4) return answer;
    }
  };
  /** Sends a signed request, checks the answer against the document, and returns its status and body. */
  const send = (route: string, call: Call = {}) => patiently(() => sendOnce(route, call));
  const sendOnce = async (route: string, call: Call = {}) => {
    const { id = 'demo.one', query = '', json, role = BACKEND } = call;
    const [method = '', path = ''] = route.split(' ');
    const body = json === undefined ? call.body : JSON.stringify(json);
    const headers = { ...(json && { 'content-type': 'application/json' }), ...call.headers };
    const url = `${world.stack.apiUrl}${path.replace('{connectionId}', id)}${query && `?${query}`}`;
    const credentials = world.stack.credentialsOf(role);
    const nowMs = world.clock.nowMs();
    const response = await signedFetch(url, {
      method,
      credentials,
      nowMs,
      headers,
      ...(body !== undefined && { body }),
    });
    const answer = await read(route, response);
    return { status: answer.status, body: JSON.parse(answer.body) };
  };
  const importLines = (lines: string, query = ''): Call => ({
    query,
    body: lines,
    headers: { 'content-type': 'application/x-ndjson' },
  });
  const statuses = async (route: string, ...calls: readonly Call[]) => {
    const answered: number[] = [];
    for (const call of calls) answered.push((await send(route, call)).status);
    return answered;
  };
  const codeFor = async (id: string, user: string) =>
    (await world.throughConsent(id, user)).searchParams.get('connection_code') ?? '';
  /** A browser's request that follows no redirect. */
  const browse = (url: string, cookies = '') =>
    fetch(url, { redirect: 'manual', headers: { cookie: cookies } });
  /** As far as Adobe's answer, which the browser has not opened yet. */
  const begin = async (query = '') => {
    world.ims.profile({ authorize: { automatic: { user: 'alice', decision: 'approve' } } });
    const { headers } = await patiently(async () =>
      read('GET /authorize', await browse(`${world.stack.apiUrl}/authorize${query}`)),
    );
    const cookies = headers
      .getSetCookie()
      .map((cookie) => cookie.split(';')[0])
      .join('; ');
    const back = await browse(headers.get('location') ?? '');
    return { url: back.headers.get('location') ?? '', cookies };
  };

  const throughAdobe = async (query = '') => {
    const { url, cookies } = await begin(query);
    return { ...(await read('GET /callback', await browse(url, cookies))), url };
  };

  it('the browser leg', async () => {
    expect((await patiently(() => throughAdobe())).status).toBe(200);
    const query = new URLSearchParams({ return_to: world.landingUrl, app_state: APP_STATE });
    const toApp = await patiently(() => throughAdobe(`?${query}`));
    expect(toApp.status).toBe(303);
    expect((await read('GET /callback', await browse(toApp.url))).status).toBe(400);
    world.ims.faults.next({ kind: 'empty-500' }, { grantType: 'authorization_code' });
    expect((await throughAdobe()).status).toBe(503);
    const wrong = await browse(`${world.stack.apiUrl}/authorize?return_to=https://evil.example`);
    expect((await read('GET /authorize', wrong)).status).toBe(400);
  });

  it('consents', async () => {
    const open = { returnTo: world.landingUrl, appState: APP_STATE };
    expect(
      await statuses(
        'POST /connections/{connectionId}/consents',
        { json: open },
        { json: { ...open, returnTo: 7 } },
        { id: 'adobe-x', json: open },
      ),
    ).toEqual([201, 400, 400]);
    const [older, newer] = [await codeFor('demo.one', 'alice'), await codeFor('demo.one', 'alice')];
    expect(
      await statuses(
        'POST /connections/{connectionId}/consents/redeem',
        { json: { connectionCode: newer } },
        { json: { connectionCode: older } },
        { json: { connectionCode: CODE } },
        { json: {} },
      ),
    ).toEqual([200, 409, 400, 400]);
    const { url } = await world.signIn('bob', { return_to: world.landingUrl, app_state: APP_STATE });
    const connectionCode = url.searchParams.get('connection_code') ?? '';
    expect(
      await statuses(
        'POST /sign-ins/redeem',
        { json: { connectionCode, appState: APP_STATE } },
        { json: { connectionCode, appState: `${APP_STATE}-of-another` } },
        { json: { connectionCode: CODE } },
      ),
    ).toEqual([200, 400, 400]);
  });

  it('access tokens', async () => {
    const vend = 'GET /access-tokens/{connectionId}';
    expect(
      await statuses(
        vend,
        {},
        { query: 'min_ttl=300&scopes=' },
        { query: 'min_ttl=999999' },
        { query: 'scopes=nothing' },
        { query: 'min_ttl=soon' },
        { id: 'demo.absent' },
      ),
    ).toEqual([200, 400, 400, 400, 400, 404]);
    expect(
      await statuses('DELETE /access-tokens/{connectionId}', {}, { id: '-' }, { id: 'demo.absent' }),
    ).toEqual([200, 400, 404]);
    await world.connect('demo.asked', 'carol');
    world.ims.user('carol').profile({ userAction: { at: 'refresh' } });
    await send('DELETE /access-tokens/{connectionId}', { id: 'demo.asked' });
    // A connection this young may still be waiting for its token to be published.
    await world.stack.time.advanceBy(2 * 60_000);
    expect((await send(vend, { id: 'demo.asked' })).body).toMatchObject({ code: 'user_action_required' });
  });

  it('connections, and what operators do with them', async () => {
    const { body } = await send('GET /connections', { query: 'limit=1' });
    expect(body).toMatchObject({ nextCursor: expect.any(String) });
    expect(
      await statuses(
        'GET /connections',
        { query: `limit=1&cursor=${body.nextCursor}` },
        { query: 'at_risk_within=400d' },
        { query: 'limit=0' },
      ),
    ).toEqual([200, 200, 400]);
    const elsewhere = [{ id: 'demo.asked' }, { id: '-' }, { id: 'demo.absent' }];
    expect(await statuses('GET /connections/{connectionId}', ...elsewhere)).toEqual([200, 400, 404]);
    const rotate = 'POST /connections/{connectionId}/rotations';
    expect(await statuses(rotate, {}, ...elsewhere)).toEqual([200, 200, 400, 404]);
    await world.connect('demo.unrenewable', 'alice', { scopes: ['openid'] });
    expect(await statuses(rotate, { id: 'demo.unrenewable' })).toEqual([409]);
    const still: HttpHandler = createConnectionsRoute({
      ...NOT_ASKED,
      forceRotation: async () => ({ outcome: 'answered', rotation: { outcome: 'still-running' } }),
    });
    await answerOf(rotate, still);
    expect(await statuses('DELETE /connections/{connectionId}', ...elsewhere)).toEqual([202, 400, 404]);
    const { sub } = world.ims.user('bob');
    expect(await statuses('POST /subjects/erase', { json: { sub } }, { json: {} })).toEqual([202, 400]);
  });

  it('imports', async () => {
    const { refreshToken } = world.ims.user('alice').issueGrant();
    const line = (connectionId: string) => JSON.stringify({ connectionId, refreshToken });
    const lines = [line('demo.imported'), line('demo.again'), '{', line('-')].join('\n');
    const { body } = await send('POST /imports', importLines(lines, 'dry_run=false&replace=true'));
    expect(body.totals).toMatchObject({ imported: 1, invalid: 3 });
    expect(await statuses('POST /imports', importLines(''))).toEqual([400]);
    const failing = createImportRoute(() => Promise.reject(new Error('an unexpected kind of error')));
    await answerOf('POST /imports', withProblemBoundary(failing, { telemetry: createCollectingTelemetry() }));
  });

  it('a caller without the grant', async () => {
    for (const route of SIGNED.filter((one) => !one.startsWith('GET /access-tokens'))) {
      expect(await statuses(route, { role: 'LightroomReaderRole' }), route).toEqual([403]);
    }
    const foreign = { role: 'LightroomReaderRole', id: 'acme.one' };
    expect(await statuses('GET /access-tokens/{connectionId}', foreign)).toEqual([403]);
  });

  it('a table that does not answer', async () => {
    const session = (await world.api.openConsent('demo.one', { returnTo: world.landingUrl })) as {
      readonly value: { readonly authorizeUrl: string };
    };
    outage = true;
    world.stack.faults.next({
      service: 'dynamodb',
      times: 10_000,
      effect: { kind: 'error', code: 'AccessDeniedException', status: 400 },
    });
    expect((await read('GET /authorize', await browse(session.value.authorizeUrl))).status).toBe(503);
    for (const route of SIGNED.filter((one) => one !== 'POST /imports')) {
      const open = route.endsWith('/consents') && { json: { returnTo: world.landingUrl } };
      expect(await statuses(route, open || (BODIES[route] ?? {})), route).toEqual([503]);
    }
    world.stack.faults.clear();
    outage = false;
  });

  it('and a caller that asks too often, which no route is asked for here but the slowest', async () => {
    const limited = await Promise.all(
      Array.from({ length: 12 }, () => send('POST /imports', importLines('{}', 'dry_run=true'))),
    );
    expect(limited.map(({ status }) => status)).toContain(429);
    // API Gateway's answer is the same everywhere.
    expect(unseen().filter((what) => !what.endsWith(' 429'))).toEqual([]);
  });

  /** The answer of a route that the deployed function gives only when its ports do what they do here. */
  async function answerOf(route: string, handler: HttpHandler): Promise<void> {
    const answer = await handler(
      {
        routeKey: route,
        pathParameters: { connectionId: 'demo.one' },
        headers: { 'content-type': 'application/x-ndjson' },
        body: '{}',
      },
      { getRemainingTimeInMillis: () => 29_000 },
    );
    decide(route, { status: answer.statusCode, headers: answer.headers, body: answer.body });
  }
});

function notAsked() {
  return Promise.reject(new Error('Not asked for here.'));
}

const NOT_ASKED = {
  listConnections: notAsked,
  describeConnection: notAsked,
  beginDisconnect: notAsked,
  eraseSubject: notAsked,
};
