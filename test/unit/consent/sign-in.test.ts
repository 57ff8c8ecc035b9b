import { describe, expect, it } from 'vitest';
import { deriveConnectionId, subjectKeyOf } from '../../../functions/core/connection/connection-id.ts';
import type { TokenAnswer } from '../../../functions/core/ports/ims.ts';
import { Secret } from '../../../functions/core/secret.ts';
import { injectFaults, onCall, onEvery, replyLost, unreachable } from '../../support/faults/fault-proxy.ts';
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
  createConsentWorld,
  RETURN_TO,
  SUBJECT,
  type WorldOptions,
} from './consent-world.ts';

const ID = deriveConnectionId(CLIENT_ID, SUBJECT);
const WITH_APP = new URLSearchParams({ return_to: RETURN_TO, app_state: APP_STATE }).toString();

function tokens(changes: object, anomalies: readonly string[] = []): TokenAnswer {
  return {
    kind: 'tokens',
    tokens: { subject: SUBJECT, hints: {}, anomalies, ...changes },
  };
}

const accessToken = { token: new Secret('access-token-of-a-test'), expiresInSeconds: 86_399 };
const refreshToken = new Secret('refresh-token-of-a-test');

describe('a plain sign-in', () => {
  it('stores an active connection under the id derived from the Adobe user', async () => {
    const world = createConsentWorld();
    const result = await signIn(world);
    expect(result.statusCode).toBe(200);
    expect(pageOutcome(result)).toBe('connected');
    const connection = world.memory.connections.get(ID);
    expect(connection).toMatchObject({
      connectionId: ID,
      version: 1,
      state: 'active',
      clientId: CLIENT_ID,
      subject: SUBJECT,
      subjectKey: subjectKeyOf(CLIENT_ID, SUBJECT),
      grantedScopes: ['openid', 'offline_access'],
      renewable: true,
      sliding: 'unknown',
      failures: 0,
    });
    expect(connection?.outbox.map(({ type }) => type)).toEqual(['Connected']);
  });

  it('seals both tokens under generation and version 1 of the connection', async () => {
    const world = createConsentWorld();
    await signIn(world);
    const connection = world.memory.connections.get(ID);
    const binding = {
      connectionId: ID,
      clientId: CLIENT_ID,
      generation: connection?.generation ?? '',
      version: 1,
    };
    const sealed = connection?.refresh?.sealed ?? new Uint8Array();
    const opened = await world.sealing.opener.open(sealed, { ...binding, purpose: 'refresh' });
    expect(world.ims.ledger.liveRefreshTokens(SUBJECT)).toEqual([opened.reveal()]);
    const cached = await world.accessTokens.read(ID, '*');
    if (cached?.kind !== 'token') throw new Error('No access token was published.');
    const { expiresAtMs, scopeSet } = cached;
    const access = await world.sealing.opener.open(cached.sealed, {
      ...binding,
      purpose: 'access',
      expiresAtMs,
      scopeSet,
    });
    expect(access.reveal()).toMatch(/^access-token/);
  });

  it('creates the due time that publishes its event', async () => {
    const world = createConsentWorld();
    await signIn(world);
    const connection = world.memory.connections.get(ID);
    expect(world.schedules.pending().map(({ name }) => name)).toEqual([connection?.schedule?.name]);
    expect(connection?.dueAtMs).toBeLessThanOrEqual(world.clock.nowMs() + 60_000);
  });

  it('comes back to the app with a one-time code and the app state, never with an id', async () => {
    const world = createConsentWorld();
    const result = await signIn(world, WITH_APP);
    expect(result.statusCode).toBe(303);
    const url = locationOf(result);
    expect(url.origin + url.pathname).toBe(RETURN_TO);
    expect([...url.searchParams.keys()].sort()).toEqual(['app_state', 'connection_code']);
    expect(url.searchParams.get('app_state')).toBe(APP_STATE);
    expect(codeOf(result)).toMatch(/^[A-Za-z0-9_-]{43}$/);
    expect(url.href).not.toContain(ID);
    expect(JSON.stringify([...world.consents.pendingConsents])).not.toContain(codeOf(result));
  });

  it('goes back to the URL it began with, even if the settings list it elsewhere by then', async () => {
    const world = createConsentWorld({ laterReturnUrls: ['https://other.example/first', RETURN_TO] });
    const url = locationOf(await signIn(world, WITH_APP));
    expect(url.origin + url.pathname).toBe(RETURN_TO);
    const gone = createConsentWorld({ laterReturnUrls: ['https://other.example/first'] });
    expect(pageOutcome(await signIn(gone, WITH_APP))).toBe('connected');
  });

  it('can be switched off: then only the link of a consent session starts a transaction', async () => {
    const world = createConsentWorld({ plainSignIn: false });
    for (const query of ['', WITH_APP]) {
      expect(pageOutcome(await world.authorize(query))).toBe('invalid_request');
    }
    const result = await connect(world, 'acme.user-42', { returnTo: RETURN_TO, appState: APP_STATE });
    expect(codeOf(result)).toMatch(/^[A-Za-z0-9_-]{43}$/);
  });

  it("keeps the return URL's own query", async () => {
    const world = createConsentWorld();
    const query = new URLSearchParams({
      return_to: 'https://app.example/settings?tab=adobe',
      app_state: APP_STATE,
    });
    expect(locationOf(await signIn(world, query.toString())).searchParams.get('tab')).toBe('adobe');
  });

  it('keeps no token material with the connection of a sign-in whose code is pending', async () => {
    const world = createConsentWorld();
    await signIn(world, WITH_APP);
    const [pending] = [...world.consents.pendingConsents.values()];
    expect(pending?.kind).toBe('sign-in');
    expect(pending?.connection.refresh).toBeUndefined();
    expect(pending?.accessToken).toBeUndefined();
  });

  it('brings a later generation each time the same user comes', async () => {
    const world = createConsentWorld();
    await signIn(world);
    const first = world.memory.connections.get(ID)?.generation ?? '';
    world.clock.setNowMs(world.clock.nowMs() - 5_000);
    await signIn(world);
    const second = world.memory.connections.get(ID)?.generation ?? '';
    expect(second > first).toBe(true);
  });

  it('lets the earlier tokens of the same user expire instead of revoking them', async () => {
    const world = createConsentWorld();
    await signIn(world);
    await signIn(world);
    expect(world.memory.connections.get(ID)?.revocations).toEqual([]);
    expect(world.ims.calls.revocations).toBe(0);
  });

  it('covers narrower access tokens of the earlier consent with tombstones', async () => {
    const world = createConsentWorld({ scopeSets: ['openid'] });
    await signIn(world);
    const generation = world.memory.connections.get(ID)?.generation ?? '';
    expect(await world.accessTokens.read(ID, 'openid')).toMatchObject({ kind: 'tombstone', generation });
  });

  it('says when the connection cannot be renewed', async () => {
    const world = createConsentWorld();
    const result = await signIn(world, '', { offline: false });
    expect(pageOutcome(result)).toBe('connected_not_renewable');
    expect(world.memory.connections.get(ID)).toMatchObject({ renewable: false });
  });

  it.each([
    ['without a refresh token', { offline: false }],
    ['with fewer scopes', { scopes: ['offline_access'] }],
  ])('keeps the live renewable connection when a new consent comes %s', async (_, worse) => {
    const world = createConsentWorld();
    await signIn(world);
    const before = world.memory.connections.get(ID);
    const result = await signIn(world, WITH_APP, worse);
    expect(world.memory.connections.get(ID)).toEqual(before);
    expect(codeOf(result)).not.toBe('');
    expect(world.telemetry.total('ConsentOutcomes', { outcome: 'kept_previous' })).toBe(1);
  });

  it('replaces an expired connection even by one that cannot be renewed', async () => {
    const world = createConsentWorld();
    await signIn(world);
    world.clock.advance(15 * 86_400_000);
    expect(pageOutcome(await signIn(world, '', { offline: false }))).toBe('connected_not_renewable');
  });

  it('does not guess who the user is when Adobe does not say', async () => {
    const world = createConsentWorld({ scopes: ['offline_access'] });
    world.ims.script({
      answer: { kind: 'tokens', tokens: { accessToken, refreshToken, hints: {}, anomalies: [] } },
    });
    const result = await signIn(world);
    expect(pageOutcome(result)).toBe('identity_missing');
    expect(world.memory.connections.size).toBe(0);
  });
});

describe('an unusual answer of the token endpoint', () => {
  it('without an access token still keeps the refresh token', async () => {
    const world = createConsentWorld();
    world.ims.script({ answer: tokens({ refreshToken }, ['access_token missing']) });
    expect(pageOutcome(await signIn(world))).toBe('connected');
    expect(world.memory.connections.get(ID)?.renewable).toBe(true);
    expect(await world.accessTokens.read(ID, '*')).toMatchObject({ kind: 'tombstone' });
    expect(
      world.telemetry.lines.some(({ fields }) => String(fields.anomalies).includes('access_token missing')),
    ).toBe(true);
  });

  it('without a readable scope counts as the requested scopes', async () => {
    const world = createConsentWorld({ scopes: ['openid', 'AdobeID', 'offline_access'] });
    world.ims.script({ answer: tokens({ accessToken, refreshToken }) });
    await signIn(world);
    expect(world.memory.connections.get(ID)?.grantedScopes).toEqual(['openid', 'AdobeID', 'offline_access']);
  });

  it.each<[string, TokenAnswer, string]>([
    ['a refused code', { kind: 'refused', error: 'access_denied' }, 'transaction_expired'],
    ['a scope that is not allowed', { kind: 'misconfigured', error: 'invalid_scope' }, 'scope_not_allowed'],
    ['a credential that may not', { kind: 'misconfigured', error: 'unauthorized_client' }, 'not_configured'],
    [
      'an action of the user',
      { kind: 'user-action', error: 'ride_AdobeID_acct_terms' },
      'user_action_required',
    ],
    ['too many requests', { kind: 'wait', retryAfterMs: 10_000 }, 'adobe_unavailable'],
    ['an HTML page with status 200', { kind: 'unknown', reason: 'malformed' }, 'adobe_unavailable'],
    ['timeout', { kind: 'unknown', reason: 'timeout' }, 'adobe_unavailable'],
    ['a 500', { kind: 'unknown', reason: 'server-error' }, 'adobe_unavailable'],
    ['an unknown status', { kind: 'unexpected', status: 418 }, 'adobe_unavailable'],
  ])('%s ends in a page and an error for the app, and is asked once', async (_, answer, outcome) => {
    const world = createConsentWorld();
    world.ims.script({ answer }, { answer });
    expect(pageOutcome(await signIn(world))).toBe(outcome);
    expect(world.ims.calls.exchanges).toBe(1);
    const back = locationOf(await signIn(world, WITH_APP));
    expect(Object.fromEntries(back.searchParams)).toEqual({ error: outcome, app_state: APP_STATE });
    expect(world.memory.connections.size).toBe(0);
    expect(world.telemetry.total('ConsentOutcomes', { outcome })).toBe(2);
  });

  it('is requested again when the first network connection was never made', async () => {
    const world = createConsentWorld();
    world.ims.script({ answer: { kind: 'unknown', reason: 'unreachable' } });
    expect(pageOutcome(await signIn(world))).toBe('connected');
    expect(world.ims.calls.exchanges).toBe(2);
  });

  it('is not requested again when the first request may have arrived', async () => {
    const world = createConsentWorld();
    world.ims.script({ lose: 'reset' });
    expect(pageOutcome(await signIn(world))).toBe('adobe_unavailable');
    expect(world.ims.calls.exchanges).toBe(1);
  });

  it('that takes the whole timeout still leaves time to store', async () => {
    const world = createConsentWorld();
    world.ims.script({ lose: 'timeout' });
    const before = world.clock.monotonicMs();
    await signIn(world);
    expect(world.clock.monotonicMs() - before).toBeLessThanOrEqual(21_000);
  });
});

describe('the client secret', () => {
  it('that is missing leads to a page and a metric, and leaves no trace in any table', async () => {
    const world = createConsentWorld();
    world.clientSecret.store('not-configured');
    const result = await signIn(world);
    expect(result.statusCode).toBe(503);
    expect(pageOutcome(result)).toBe('not_configured');
    expect(world.consents.consumed.size + world.consents.pendingConsents.size).toBe(0);
    expect(world.memory.connections.size).toBe(0);
    expect(world.ims.calls.exchanges).toBe(0);
    expect(world.telemetry.total('ConsentOutcomes', { outcome: 'not_configured' })).toBe(1);
    expect(world.telemetry.messages('error')).toHaveLength(1);
  });

  it('that is refused is replaced by the second one', async () => {
    const world = createConsentWorld();
    const previous = new Secret('previous-client-secret');
    world.clientSecret.store({ current: new Secret('not-yet-active'), previous });
    world.ims.acceptClientSecrets({ current: previous });
    expect(pageOutcome(await signIn(world))).toBe('connected');
    expect(world.ims.calls.exchanges).toBe(2);
  });

  it('that was changed since it was read is read again', async () => {
    const world = createConsentWorld();
    await world.clientSecret.read();
    const current = new Secret('rotated-client-secret');
    world.clientSecret.store({ current });
    world.ims.acceptClientSecrets({ current });
    expect(pageOutcome(await signIn(world))).toBe('connected');
  });

  it('that Adobe never accepts is reported to the operators', async () => {
    const world = createConsentWorld();
    world.ims.acceptClientSecrets({ current: new Secret('something-else') });
    expect(pageOutcome(await signIn(world))).toBe('not_configured');
    expect(world.telemetry.total('CredentialRefused')).toBe(1);
  });
});

describe('An error of the vault', () => {
  const faulty = (
    part: 'connections' | 'accessTokens' | 'consents' | 'schedules' | 'sealer',
    ...faults: Parameters<typeof injectFaults>[1][number][]
  ): WorldOptions => ({
    callback: (deps) => ({ ...deps, [part]: injectFaults(deps[part], faults) }),
  });

  it('in the first write of the connection is retried', async () => {
    const world = createConsentWorld(
      faulty('connections', unreachable('STORE_UNAVAILABLE', onCall('replaceGeneration', 1))),
    );
    expect(pageOutcome(await signIn(world))).toBe('connected');
    expect(world.memory.connections.has(ID)).toBe(true);
  });

  it('that loses the reply of the write is resolved by reading', async () => {
    const world = createConsentWorld(
      faulty('connections', replyLost('STORE_UNAVAILABLE', onCall('replaceGeneration', 1))),
    );
    expect(pageOutcome(await signIn(world))).toBe('connected');
    expect(world.memory.connections.get(ID)?.outbox).toHaveLength(1);
    expect(world.schedules.pending()).toHaveLength(1);
    expect(await world.accessTokens.read(ID, '*')).toMatchObject({ kind: 'token' });
  });

  it('that does not end leads to a page in time, and is counted', async () => {
    const world = createConsentWorld(
      faulty('connections', unreachable('STORE_UNAVAILABLE', onEvery('replaceGeneration'))),
    );
    const before = world.clock.monotonicMs();
    expect(pageOutcome(await signIn(world))).toBe('vault_unavailable');
    expect(world.clock.monotonicMs() - before).toBeLessThan(29_000);
    expect(world.telemetry.total('ConsentsNotKept')).toBe(1);
  });

  it('in the data keys after the answer is retried', async () => {
    const world = createConsentWorld(faulty('sealer', unreachable('KEY_UNAVAILABLE', onCall('prepare', 1))));
    expect(pageOutcome(await signIn(world))).toBe('connected');
  });

  it('in the cache of access tokens does not cost the connection', async () => {
    const world = createConsentWorld(
      faulty('accessTokens', unreachable('STORE_UNAVAILABLE', onEvery('publish'))),
    );
    expect(pageOutcome(await signIn(world))).toBe('connected');
  });

  it('in the scheduler is left to the reconciler', async () => {
    const world = createConsentWorld(
      faulty('schedules', unreachable('SCHEDULER_UNAVAILABLE', onEvery('create'))),
    );
    expect(pageOutcome(await signIn(world))).toBe('connected');
    expect(world.memory.connections.get(ID)?.dueAtMs).toBeDefined();
  });

  it('that leaves open whether the state was consumed exchanges nothing', async () => {
    const world = createConsentWorld(
      faulty('consents', replyLost('STORE_UNAVAILABLE', onCall('consume', 1))),
    );
    expect(pageOutcome(await signIn(world))).toBe('vault_unavailable');
    expect(world.ims.calls.exchanges).toBe(0);
  });

  it('in the read of the cookie key leads to a page', async () => {
    const world = createConsentWorld({
      callback: (deps) => ({
        ...deps,
        transactions: injectFaults(deps.transactions, [unreachable('SECRET_UNAVAILABLE', onEvery('find'))]),
      }),
    });
    const result = await signIn(world);
    expect(pageOutcome(result)).toBe('vault_unavailable');
    expect(result.statusCode).toBe(503);
  });

  it('takes nothing from a rotation that commits in between', async () => {
    let rotate = async () => {};
    const world = createConsentWorld(
      faulty('connections', { kind: 'delay', when: onCall('replaceGeneration', 2), before: () => rotate() }),
    );
    await signIn(world);
    rotate = async () => {
      const stored = world.memory.connections.get(ID);
      if (!stored) throw new Error('Nothing is stored.');
      await world.connections.update({ expected: stored, changes: { version: 2 } });
    };
    expect(pageOutcome(await signIn(world))).toBe('connected');
    expect(world.memory.connections.get(ID)?.version).toBe(1);
  });

  it('nothing that was logged or measured shows a token, code, state or secret', async () => {
    const world = createConsentWorld(
      faulty('connections', unreachable('STORE_UNAVAILABLE', onEvery('replaceGeneration'))),
    );
    const browser = createBrowser(world);
    const started = await browser.authorize(WITH_APP);
    const query = consented(world, stateOf(started));
    await browser.callback(query);
    const planted = [
      ...world.ims.ledger.issued(),
      ...new URLSearchParams(query).values(),
      'client-secret',
      APP_STATE,
    ];
    expect(world.telemetry.leaksOf([...planted, ...browser.cookies()])).toEqual([]);
  });
});
