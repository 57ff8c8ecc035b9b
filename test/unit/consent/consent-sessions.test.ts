import { describe, expect, it } from 'vitest';
import type { HttpResult } from '../../../functions/adapters/http/http-event.ts';
import { deriveConnectionId, subjectKeyOf } from '../../../functions/core/connection/connection-id.ts';
import { mintGenerationAfter } from '../../../functions/core/connection/generation.ts';
import type { RedeemDeps } from '../../../functions/core/consent/redeem-code.ts';
import { exampleAccessToken, exampleBytes, exampleConnection } from '../../support/fakes/example-records.ts';
import { injectFaults, onCall, onEvery, replyLost, unreachable } from '../../support/faults/fault-proxy.ts';
import { textWithBytes } from '../../support/text-with-bytes.ts';
import {
  codeOf,
  connect,
  consented,
  createBrowser,
  locationOf,
  pageOutcome,
  signIn,
  stateOf,
} from './browser.ts';
import {
  APP_STATE,
  CLIENT_ID,
  type ConsentWorld,
  createConsentWorld,
  OTHER_RETURN_TO,
  RETURN_TO,
  SUBJECT,
} from './consent-world.ts';

const ID = 'acme.user-42';
const OTHER_SUBJECT = 'FFFFFFFFFFFFFFFFFFFFFFFF@AdobeID';
const BODY = { returnTo: RETURN_TO, appState: APP_STATE };
const WITH_APP = new URLSearchParams({ return_to: RETURN_TO, app_state: APP_STATE }).toString();

function redeem(world: ConsentWorld, connectionCode: string, id = ID) {
  return world.post('/connections/{connectionId}/consents/redeem', id, { connectionCode });
}

function redeemSignIn(world: ConsentWorld, connectionCode: string, appState = APP_STATE) {
  return world.post('/sign-ins/redeem', undefined, { connectionCode, appState });
}

function bodyOf(result: HttpResult) {
  return JSON.parse(result.body) as Record<string, unknown>;
}

/** A live connection from an earlier consent under the same credential. */
function earlier(world: ConsentWorld, changes: Parameters<typeof exampleConnection>[0] = {}) {
  const connection = exampleConnection({
    connectionId: ID,
    clientId: CLIENT_ID,
    subject: SUBJECT,
    subjectKey: subjectKeyOf(CLIENT_ID, SUBJECT),
    ...changes,
  });
  world.memory.connections.set(ID, connection);
  return connection;
}

/** The first write of a redeem is stored, then the process crashes. */
function diesAfterBegin(died: { now: boolean }) {
  const ifAlive = { kind: 'throw-before', when: () => died.now, error: () => new Error('dead') } as const;
  const dies = () => {
    died.now = true;
  };
  return (deps: RedeemDeps): RedeemDeps => ({
    ...deps,
    connections: injectFaults(deps.connections, [
      ifAlive,
      { kind: 'delay', when: onCall('replaceGeneration', 1), after: dies },
    ]),
    accessTokens: injectFaults(deps.accessTokens, [ifAlive]),
    schedules: injectFaults(deps.schedules, [ifAlive]),
    events: injectFaults(deps.events, [ifAlive]),
    consents: injectFaults(deps.consents, [ifAlive]),
  });
}

describe('a consent session', () => {
  it('leaves the connection untouched until the app redeems', async () => {
    const world = createConsentWorld();
    const result = await connect(world, ID, BODY);
    expect(locationOf(result).searchParams.get('app_state')).toBe(APP_STATE);
    expect(codeOf(result)).toMatch(/^[A-Za-z0-9_-]{43}$/);
    expect(world.memory.connections.size).toBe(0);
    expect(world.accessTokens.items.size).toBe(0);
    expect(world.schedules.calls).toHaveLength(0);
  });

  it('is refused for an unknown return URL, whose origin alone is logged', async () => {
    const world = createConsentWorld();
    const result = await world.post('/connections/{connectionId}/consents', ID, {
      ...BODY,
      returnTo: 'https://evil.example/p-path?p-query',
    });
    expect(result.statusCode).toBe(400);
    expect(world.telemetry.lines).toMatchObject([
      {
        level: 'warn',
        message: 'A consent was refused: returnTo is not one of the return URLs.',
        fields: { connectionId: ID, origin: 'https://evil.example', originIsKnown: false },
      },
    ]);
    expect(JSON.stringify(world.telemetry.lines)).not.toContain('p-');
  });

  it('may go without an app state', async () => {
    const world = createConsentWorld();
    const result = await connect(world, ID, { returnTo: OTHER_RETURN_TO });
    expect([...locationOf(result).searchParams.keys()]).toEqual(['tab', 'connection_code']);
  });

  it('has the cookie hold its id and neither the app state nor the scopes', async () => {
    const world = createConsentWorld();
    const browser = createBrowser(world);
    const long = { ...BODY, appState: 'x'.repeat(256), scopes: ['openid', 'y'.repeat(120)] };
    await connect(world, ID, long, {}, browser);
    expect(browser.cookies().join('').length).toBeLessThan(600);
  });

  it('works once: a second browser with the same link sees "already used" and exchanges nothing', async () => {
    const world = createConsentWorld();
    const opened = await world.post('/connections/{connectionId}/consents', ID, BODY);
    const search = new URL(String(bodyOf(opened).authorizeUrl)).search.slice(1);
    const first = createBrowser(world);
    const second = createBrowser(world);
    const one = await first.authorize(search);
    const two = await second.authorize(search);
    await first.callback(consented(world, stateOf(one)));
    const result = await second.callback(consented(world, stateOf(two), { subject: OTHER_SUBJECT }));
    expect(locationOf(result).searchParams.get('error')).toBe('already_used');
    expect(world.ims.calls.exchanges).toBe(1);
  });

  it('that started in its last minute can still complete', async () => {
    const world = createConsentWorld();
    const browser = createBrowser(world);
    const opened = await world.post('/connections/{connectionId}/consents', ID, BODY);
    const search = new URL(String(bodyOf(opened).authorizeUrl)).search.slice(1);
    world.clock.advance(590_000);
    const started = await browser.authorize(search);
    world.clock.advance(300_000);
    expect(codeOf(await browser.callback(consented(world, stateOf(started))))).not.toBe('');
  });

  it('that is forgotten ends the transaction without a write', async () => {
    const world = createConsentWorld();
    const browser = createBrowser(world);
    const opened = await world.post('/connections/{connectionId}/consents', ID, BODY);
    const started = await browser.authorize(new URL(String(bodyOf(opened).authorizeUrl)).search.slice(1));
    world.consents.forgetEverything();
    expect(pageOutcome(await browser.callback(consented(world, stateOf(started))))).toBe(
      'transaction_expired',
    );
    expect(world.consents.consumed.size).toBe(0);
  });

  it('exchanges nothing while the data keys are unavailable, and can then be tried again', async () => {
    const world = createConsentWorld({
      callback: (deps) => ({
        ...deps,
        sealer: injectFaults(deps.sealer, [unreachable('KEY_UNAVAILABLE', onCall('prepare', 1))]),
      }),
    });
    const browser = createBrowser(world);
    const opened = await world.post('/connections/{connectionId}/consents', ID, BODY);
    const started = await browser.authorize(new URL(String(bodyOf(opened).authorizeUrl)).search.slice(1));
    const query = consented(world, stateOf(started));
    expect(locationOf(await browser.callback(query)).searchParams.get('error')).toBe('vault_unavailable');
    expect(world.ims.calls.exchanges).toBe(0);
    expect(world.consents.consumed.size).toBe(0);
    expect(codeOf(await browser.callback(query))).not.toBe('');
  });

  it.each(['id-token-rejected: nonce', 'subject-disagrees'])(
    'whose tokens come without the identity that was asked for (%s) keeps nothing to redeem',
    async (anomaly) => {
      const world = createConsentWorld();
      world.ims.script({
        distort: (answer) => {
          if (answer.kind !== 'tokens') return answer;
          const { subject: _, ...anonymous } = answer.tokens;
          return { ...answer, tokens: { ...anonymous, anomalies: [anomaly] } };
        },
      });
      const result = await connect(world, ID, BODY);
      expect(locationOf(result).searchParams.get('error')).toBe('identity_missing');
      expect(world.consents.pendingConsents.size).toBe(0);
      expect(world.memory.connections.size).toBe(0);
    },
  );

  it('survives one failed write of the pending consent', async () => {
    const world = createConsentWorld({
      callback: (deps) => ({
        ...deps,
        consents: injectFaults(deps.consents, [replyLost('STORE_UNAVAILABLE', onCall('keepPending', 1))]),
      }),
    });
    const result = await connect(world, ID, BODY);
    expect((await redeem(world, codeOf(result))).statusCode).toBe(200);
  });
});

describe('redeeming a consent', () => {
  it('makes the connection active and returns what was granted', async () => {
    const world = createConsentWorld();
    const claims = { email: 'user@example.com', email_verified: true, iss: 'x', nonce: 'y', sub: SUBJECT };
    const result = await redeem(world, codeOf(await connect(world, ID, BODY, { idTokenClaims: claims })));
    expect(result.statusCode).toBe(200);
    expect(bodyOf(result)).toEqual({
      connectionId: ID,
      sub: SUBJECT,
      scopes: ['openid', 'offline_access'],
      renewable: true,
      keptPrevious: false,
      claims: { email: 'user@example.com', email_verified: true },
    });
    expect(world.memory.connections.get(ID)).toMatchObject({ state: 'active', version: 1, subject: SUBJECT });
    expect(await world.accessTokens.read(ID, '*')).toMatchObject({ kind: 'token', version: 1 });
  });

  it('publishes Connected at once and creates only the due time that remains', async () => {
    const world = createConsentWorld();
    await redeem(world, codeOf(await connect(world, ID, BODY)));
    expect(world.events.published.map(({ event }) => event.type)).toEqual(['Connected']);
    const stored = world.memory.connections.get(ID);
    expect(stored?.outbox).toEqual([]);
    expect(world.schedules.pending().map(({ name }) => name)).toEqual([stored?.schedule?.name]);
    expect(stored?.dueAtMs).toBe(stored?.rotateAtMs);
  });

  it.each(['publish', 'update'] as const)(
    'leaves the event to the next due time when %s fails',
    async (method) => {
      const world = createConsentWorld({
        redeem: (deps) => ({
          ...deps,
          events: injectFaults(deps.events, [unreachable('EVENTS_UNAVAILABLE', onEvery(method))]),
          connections: injectFaults(deps.connections, [unreachable('STORE_UNAVAILABLE', onEvery(method))]),
        }),
      });
      expect((await redeem(world, codeOf(await connect(world, ID, BODY)))).statusCode).toBe(200);
      const stored = world.memory.connections.get(ID);
      expect(stored?.outbox).toHaveLength(1);
      expect(world.schedules.pending().map(({ name }) => name)).toEqual([stored?.schedule?.name]);
      expect(stored?.dueAtMs).toBeLessThanOrEqual(world.clock.nowMs() + 60_000);
    },
  );

  it('opens nothing', async () => {
    const world = createConsentWorld();
    await redeem(world, codeOf(await connect(world, ID, BODY)));
    expect(world.sealing.counts.opened).toBe(0);
  });

  it('stores tokens sealed for this connection, in the place they were sealed for', async () => {
    const world = createConsentWorld();
    await redeem(world, codeOf(await connect(world, ID, BODY)));
    const stored = world.memory.connections.get(ID);
    const token = await world.sealing.opener.open(stored?.refresh?.sealed ?? new Uint8Array(), {
      purpose: 'refresh',
      connectionId: ID,
      clientId: CLIENT_ID,
      generation: stored?.generation ?? '',
      version: 1,
    });
    expect(world.ims.ledger.isLive(token.reveal())).toBe(true);
  });

  it('returns the same for ten minutes to the same code and id', async () => {
    const world = createConsentWorld();
    const code = codeOf(await connect(world, ID, BODY));
    const first = await redeem(world, code);
    world.clock.advance(599_000);
    const second = await redeem(world, code);
    expect(second.body).toBe(first.body);
    expect(world.events.published).toHaveLength(1);
    world.clock.advance(1_000);
    expect(bodyOf(await redeem(world, code)).code).toBe('code_not_valid');
  });

  it('returns the same after a disconnect, and reconnects nothing', async () => {
    const world = createConsentWorld();
    const code = codeOf(await connect(world, ID, BODY));
    const first = await redeem(world, code);
    disconnect(world);
    expect((await redeem(world, code)).body).toBe(first.body);
    expect(world.memory.connections.get(ID)?.state).toBe('disconnected');
  });

  it('works for two minutes', async () => {
    const world = createConsentWorld();
    const code = codeOf(await connect(world, ID, BODY));
    world.clock.advance(120_000);
    expect(bodyOf(await redeem(world, code))).toMatchObject({ status: 400, code: 'code_not_valid' });
    expect(world.memory.connections.size).toBe(0);
  });

  it('answers alike to a code that is unknown, of another id, state or kind, or not a code', async () => {
    const world = createConsentWorld();
    const consentCode = codeOf(await connect(world, ID, BODY));
    const signInCode = codeOf(await signIn(world, WITH_APP, { subject: OTHER_SUBJECT }));
    const answers = [
      await redeem(world, 'A'.repeat(43)),
      await redeem(world, consentCode, 'acme.user-43'),
      await redeem(world, consentCode, 'other.user-42'),
      await redeem(world, signInCode),
      await redeem(world, signInCode, deriveConnectionId(CLIENT_ID, OTHER_SUBJECT)),
      await redeemSignIn(world, consentCode),
      await redeemSignIn(world, signInCode, 'b'.repeat(22)),
      await redeemSignIn(world, signInCode, ''),
      await redeem(world, '../etc/passwd'),
      await redeem(world, ''),
    ];
    expect(new Set(answers.map(({ body }) => body)).size).toBe(1);
    expect(bodyOf(answers[0] as HttpResult)).toMatchObject({ status: 400, code: 'code_not_valid' });
    expect(world.memory.connections.has(ID)).toBe(false);
    expect((await redeem(world, consentCode)).statusCode).toBe(200);
  });

  it('after a disconnect that came later is refused', async () => {
    const world = createConsentWorld();
    earlier(world);
    const code = codeOf(await connect(world, ID, BODY));
    world.clock.advance(1000);
    disconnect(world);
    expect(bodyOf(await redeem(world, code))).toMatchObject({ status: 409, code: 'consent_superseded' });
    expect(world.memory.connections.get(ID)?.state).toBe('disconnected');
  });

  it('after a newer consent was redeemed is refused', async () => {
    const world = createConsentWorld();
    const older = codeOf(await connect(world, ID, BODY));
    world.clock.advance(1000);
    const newer = codeOf(await connect(world, ID, BODY));
    await redeem(world, newer);
    const before = structuredClone(world.memory.connections.get(ID));
    expect(bodyOf(await redeem(world, older)).code).toBe('consent_superseded');
    expect(world.memory.connections.get(ID)).toEqual(before);
  });

  it('does not fail on a rotation that commits at the same moment', async () => {
    const world = createConsentWorld({
      redeem: (deps) => ({
        ...deps,
        connections: injectFaults(deps.connections, [
          {
            kind: 'delay',
            when: onCall('replaceGeneration', 1),
            before: async () => {
              const stored = world.memory.connections.get(ID);
              if (stored) world.memory.connections.set(ID, { ...stored, version: stored.version + 1 });
            },
          },
        ]),
      }),
    });
    earlier(world);
    expect((await redeem(world, codeOf(await connect(world, ID, BODY)))).statusCode).toBe(200);
    expect(world.memory.connections.get(ID)?.version).toBe(1);
  });

  it('carries over unpublished events and unfinished revocations', async () => {
    const world = createConsentWorld();
    const old = earlier(world);
    const revocation = {
      kind: 'refresh',
      token: { generation: 'G', version: 3, sealed: exampleBytes(8) },
    } as const;
    const event = { id: 'e1', type: 'Degraded', atMs: 1, generation: old.generation, detail: {} } as const;
    earlier(world, { outbox: [event], revocations: [revocation] });
    world.events.refuse(() => true);
    await redeem(world, codeOf(await connect(world, ID, BODY)));
    const stored = world.memory.connections.get(ID);
    expect(stored?.outbox.map(({ type }) => type)).toEqual(['Degraded', 'Connected']);
    expect(stored?.revocations).toEqual([revocation]);
  });

  it('never keeps more than eight events', async () => {
    const world = createConsentWorld();
    const event = { type: 'Degraded', atMs: 1, generation: 'G', detail: {} } as const;
    earlier(world, { outbox: Array.from({ length: 8 }, (_, at) => ({ ...event, id: `e${at}` })) });
    world.events.refuse(() => true);
    await redeem(world, codeOf(await connect(world, ID, BODY)));
    const outbox = world.memory.connections.get(ID)?.outbox ?? [];
    expect(outbox).toHaveLength(8);
    expect(outbox.at(-1)?.type).toBe('Connected');
  });

  it('by another Adobe user has the tokens of the previous user revoked', async () => {
    const world = createConsentWorld({ scopeSets: ['openid'] });
    const old = earlier(world);
    const previous = { generation: old.generation, version: 0, sealed: exampleBytes(9) };
    earlier(world, { previous });
    const cached = exampleAccessToken({ connectionId: ID, expiresAtMs: world.clock.nowMs() + 1000 });
    await world.accessTokens.publish(cached, 0);
    await redeem(world, codeOf(await connect(world, ID, BODY, { subject: OTHER_SUBJECT })));
    const stored = world.memory.connections.get(ID);
    expect(stored?.subject).toBe(OTHER_SUBJECT);
    expect(stored?.revocations.map(({ kind, token }) => [kind, token.version])).toEqual([
      ['refresh', 1],
      ['refresh', 0],
      ['access', 1],
    ]);
    expect(stored?.revocations.every(({ subjectKey }) => subjectKey === old.subjectKey)).toBe(true);
    expect(await world.accessTokens.read(ID, '*')).toMatchObject({ generation: stored?.generation });
    expect(await world.accessTokens.read(ID, 'openid')).toMatchObject({ kind: 'tombstone' });
  });

  it('by another Adobe user, interrupted half-way, leaves a schedule that ends the old access token within minutes', async () => {
    const died = { now: false };
    const world = createConsentWorld({ redeem: diesAfterBegin(died) });
    earlier(world);
    const result = redeem(world, codeOf(await connect(world, ID, BODY, { subject: OTHER_SUBJECT })));
    await result.catch(() => undefined);
    expect(died.now).toBe(true);
    expect(world.memory.connections.get(ID)?.subject).toBe(OTHER_SUBJECT);
    const [schedule] = world.schedules.pending();
    expect(schedule?.connectionId).toBe(ID);
    expect((schedule?.atMs ?? 0) - world.clock.nowMs()).toBeLessThanOrEqual(2 * 60_000);
  });

  it('by another Adobe user also has the token revoked of a rotation that commits at the same moment', async () => {
    const world = createConsentWorld({
      redeem: (deps) => ({
        ...deps,
        connections: injectFaults(deps.connections, [
          { kind: 'delay', when: onCall('replaceGeneration', 1), before: () => rotate(world) },
        ]),
      }),
    });
    earlier(world);
    await redeem(world, codeOf(await connect(world, ID, BODY, { subject: OTHER_SUBJECT })));
    const revoked = world.memory.connections.get(ID)?.revocations ?? [];
    expect(revoked.map(({ token }) => token.version)).toEqual([2]);
  });

  it.each([
    ['without a refresh token', { offline: false }],
    ['with fewer scopes', { scopes: ['offline_access'] }],
  ])('%s keeps the live renewable connection and says so', async (_, worse) => {
    const world = createConsentWorld();
    const old = earlier(world);
    const code = codeOf(await connect(world, ID, BODY, worse));
    const first = await redeem(world, code);
    expect(bodyOf(first)).toMatchObject({ keptPrevious: true, renewable: true, scopes: old.grantedScopes });
    expect(world.memory.connections.get(ID)).toEqual({ ...old, consentUnderWay: expect.anything() });
    expect(world.accessTokens.items.size).toBe(0);
    expect((await redeem(world, code)).body).toBe(first.body);
  });

  it.each([
    ['that cannot be renewed', { offline: false }],
    ['with fewer scopes', { scopes: ['openid', 'offline_access'] }],
  ])('%s replaces another user’s connection, however good that grant is', async (_, worse) => {
    const world = createConsentWorld();
    earlier(world, { grantedScopes: ['openid', 'offline_access', 'lr_partner_apis'] });
    const idTokenClaims = { email: 'another.user@example.com', email_verified: true };
    const code = codeOf(await connect(world, ID, BODY, { ...worse, subject: OTHER_SUBJECT, idTokenClaims }));
    const first = await redeem(world, code);
    expect(bodyOf(first)).toMatchObject({ keptPrevious: false, sub: OTHER_SUBJECT, claims: idTokenClaims });
    expect((await redeem(world, code)).body).toBe(first.body);
    expect(world.memory.connections.get(ID)?.subject).toBe(OTHER_SUBJECT);
    expect(world.memory.connections.get(ID)?.revocations).not.toEqual([]);
  });

  it('that is worse keeps a connection that may be the same user’s, and returns no claims with it', async () => {
    const world = createConsentWorld();
    const { subject: _, subjectKey: __, ...nobodys } = earlier(world);
    world.memory.connections.set(ID, nobodys);
    const idTokenClaims = { email: 'user@example.com', email_verified: true };
    const code = codeOf(await connect(world, ID, BODY, { offline: false, idTokenClaims }));
    const first = await redeem(world, code);
    expect(bodyOf(first)).toMatchObject({ keptPrevious: true, renewable: true });
    expect(bodyOf(first)).not.toHaveProperty('sub');
    expect(bodyOf(first)).not.toHaveProperty('claims');
    expect((await redeem(world, code)).body).toBe(first.body);
  });

  it('that is repeated after another user’s token was imported returns no claims with it', async () => {
    const world = createConsentWorld();
    const idTokenClaims = { email: 'user@example.com', email_verified: true };
    earlier(world);
    const code = codeOf(await connect(world, ID, BODY, { offline: false, idTokenClaims }));
    expect(bodyOf(await redeem(world, code))).toMatchObject({ keptPrevious: true, claims: idTokenClaims });
    earlier(world, { subject: OTHER_SUBJECT });
    expect(bodyOf(await redeem(world, code))).not.toHaveProperty('claims');
  });

  it('replaces a better connection when the session says so', async () => {
    const world = createConsentWorld();
    earlier(world);
    const code = codeOf(await connect(world, ID, { ...BODY, replace: true }, { offline: false }));
    expect(bodyOf(await redeem(world, code))).toMatchObject({ keptPrevious: false, renewable: false });
    expect(world.memory.connections.get(ID)?.renewable).toBe(false);
  });

  it('that lacks only offline_access in its list of scopes is as good as before', async () => {
    const world = createConsentWorld();
    earlier(world, { grantedScopes: ['openid', 'offline_access'] });
    const code = codeOf(await connect(world, ID, BODY, { scopes: ['openid'] }));
    expect(bodyOf(await redeem(world, code))).toMatchObject({ keptPrevious: false, renewable: true });
  });

  it('with fewer scopes replaces a connection that Adobe has refused, but not one that is suspect for another reason', async () => {
    const lesser = { scopes: ['offline_access'] };
    const evidence = { count: 1, firstAtMs: 1, lastAtMs: 1, tried: [] };
    for (const [doubt, keptPrevious] of [
      [{ state: 'suspect', evidence }, false],
      [{ state: 'suspect' }, true],
    ] as const) {
      const world = createConsentWorld();
      earlier(world, doubt);
      const code = codeOf(await connect(world, ID, BODY, lesser));
      expect(bodyOf(await redeem(world, code))).toMatchObject({ keptPrevious });
    }
  });

  it('that cannot be renewed never replaces a connection that may be alive', async () => {
    const world = createConsentWorld();
    earlier(world, { state: 'suspect', evidence: { count: 3, firstAtMs: 1, lastAtMs: 1, tried: [] } });
    const code = codeOf(await connect(world, ID, BODY, { offline: false }));
    expect(bodyOf(await redeem(world, code))).toMatchObject({ keptPrevious: true, renewable: true });
  });

  it.each(['needs-reauthorization', 'disconnecting', 'disconnected'] as const)(
    'brings a connection back that is %s',
    async (state) => {
      const world = createConsentWorld();
      earlier(world, { state });
      const code = codeOf(await connect(world, ID, BODY, { scopes: ['openid'], offline: false }));
      expect(bodyOf(await redeem(world, code)).keptPrevious).toBe(false);
      expect(world.memory.connections.get(ID)?.state).toBe('active');
    },
  );

  it.each(['replaceGeneration', 'read'] as const)('survives a %s whose reply is lost', async (method) => {
    const world = createConsentWorld({
      redeem: (deps) => ({
        ...deps,
        connections: injectFaults(deps.connections, [replyLost('STORE_UNAVAILABLE', onCall(method, 1))]),
      }),
    });
    const result = await redeem(world, codeOf(await connect(world, ID, BODY)));
    expect(result.statusCode).toBe(200);
    expect(world.schedules.pending()).toHaveLength(1);
    expect(world.events.published).toHaveLength(1);
  });

  it('that could not publish the access token is repeated with the same code', async () => {
    const faults = [unreachable('STORE_UNAVAILABLE', onEvery('publish'))];
    const world = createConsentWorld({
      redeem: (deps) => ({ ...deps, accessTokens: injectFaults(deps.accessTokens, faults) }),
    });
    const code = codeOf(await connect(world, ID, BODY));
    const failed = await redeem(world, code);
    expect(bodyOf(failed)).toMatchObject({ status: 503, code: 'temporarily_unavailable' });
    expect(failed.headers['retry-after']).toBeDefined();
    faults.length = 0;
    expect((await redeem(world, code)).statusCode).toBe(200);
    expect(await world.accessTokens.read(ID, '*')).toMatchObject({ kind: 'token' });
    expect(world.events.published).toHaveLength(1);
  });

  it('succeeds for both when two happen at the same time', async () => {
    const world = createConsentWorld();
    const code = codeOf(await connect(world, ID, BODY));
    const [one, two] = await Promise.all([redeem(world, code), redeem(world, code)]);
    expect([one?.statusCode, two?.statusCode]).toEqual([200, 200]);
    expect(one?.body).toBe(two?.body);
    expect(world.memory.connections.get(ID)?.version).toBe(1);
  });

  it.each([undefined, ['offline_access', 'lr_partner_apis']])(
    'is never one without an identity (scopes %s)',
    async (scopes) => {
      const world = createConsentWorld();
      world.ims.script({
        distort: (answer) => {
          if (answer.kind !== 'tokens') return answer;
          const { subject: _, ...rest } = answer.tokens;
          return { ...answer, tokens: rest };
        },
      });
      const back = await connect(world, ID, { ...BODY, ...(scopes && { scopes }) });
      expect(locationOf(back).searchParams.get('error')).toBe('identity_missing');
      expect(world.memory.connections.size).toBe(0);
    },
  );
});

describe('connecting a known user', () => {
  it('logs, measures and publishes no token, code, session id, state or secret', async () => {
    const world = createConsentWorld();
    const browser = createBrowser(world);
    const opened = await world.post('/connections/{connectionId}/consents', ID, BODY);
    const search = new URL(String(bodyOf(opened).authorizeUrl)).search.slice(1);
    const started = await browser.authorize(search);
    const query = consented(world, stateOf(started));
    const code = codeOf(await browser.callback(query));
    await redeem(world, code);
    await redeem(world, code, 'acme.user-43');
    const planted = [
      ...world.ims.ledger.issued(),
      ...new URLSearchParams(query).values(),
      search.slice('session='.length),
      code,
      APP_STATE,
      'client-secret',
    ];
    expect(world.telemetry.leaksOf(planted)).toEqual([]);
    const stored = [
      ...world.memory.connections,
      ...world.consents.pendingConsents,
      ...world.accessTokens.items,
    ];
    const held = textWithBytes([stored, world.events.published, world.schedules.calls]);
    for (const secret of planted.filter((one) => one !== APP_STATE)) expect(held).not.toContain(secret);
    // If tokens were stored unsealed, this would find them.
    expect(textWithBytes({ sealed: new Uint8Array(Buffer.from('a-token')) })).toContain('a-token');
  });
});

describe('redeeming a sign-in', () => {
  it('returns who signed in, and the same again for ten minutes', async () => {
    const world = createConsentWorld();
    const code = codeOf(await signIn(world, WITH_APP));
    const first = await redeemSignIn(world, code);
    expect(first.statusCode).toBe(200);
    expect(bodyOf(first)).toEqual({
      connectionId: expect.stringMatching(/^adobe-[a-z2-7]{26}$/),
      sub: SUBJECT,
      scopes: ['openid', 'offline_access'],
      renewable: true,
      keptPrevious: false,
    });
    world.clock.advance(599_000);
    expect((await redeemSignIn(world, code)).body).toBe(first.body);
  });

  it('requires the app state of the browser session that began it: a code planted in another session is not valid', async () => {
    const world = createConsentWorld();
    const victims = codeOf(await signIn(world, WITH_APP));
    const stateOfAttacker = 'state-of-another-session';
    expect(bodyOf(await redeemSignIn(world, victims, stateOfAttacker))).toMatchObject({
      status: 400,
      code: 'code_not_valid',
    });
    expect((await redeemSignIn(world, victims)).statusCode).toBe(200);
    expect((await redeemSignIn(world, victims, stateOfAttacker)).statusCode).toBe(400);
    const without = await world.post('/sign-ins/redeem', undefined, { connectionCode: victims });
    expect(bodyOf(without)).toMatchObject({ status: 400, code: 'invalid_request' });
    expect(JSON.stringify([...world.consents.pendingConsents])).not.toContain(APP_STATE);
  });

  it('does not touch the connection', async () => {
    const world = createConsentWorld();
    const code = codeOf(await signIn(world, WITH_APP));
    const before = structuredClone([...world.memory.connections]);
    await redeemSignIn(world, code);
    expect([...world.memory.connections]).toEqual(before);
  });
});

function disconnect(world: ConsentWorld): void {
  const stored = world.memory.connections.get(ID);
  const generation = mintGenerationAfter(stored?.generation, world.clock.nowMs(), new Uint8Array(10).fill(9));
  world.memory.connections.set(
    ID,
    exampleConnection({ connectionId: ID, generation, state: 'disconnected' }),
  );
}

function rotate(world: ConsentWorld): void {
  const stored = world.memory.connections.get(ID);
  if (!stored) throw new Error('Nothing is stored.');
  const version = stored.version + 1;
  const refresh = { generation: stored.generation, version, sealed: exampleBytes(32) };
  world.memory.connections.set(ID, { ...stored, version, refresh });
}
