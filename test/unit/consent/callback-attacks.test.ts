import { describe, expect, it } from 'vitest';
import { injectFaults, onEvery, unreachable } from '../../support/faults/fault-proxy.ts';
import { consented, createBrowser, locationOf, pageOutcome, signIn, stateOf } from './browser.ts';
import { APP_STATE, type ConsentWorld, createConsentWorld, IMS, RETURN_TO } from './consent-world.ts';

const WITH_APP = new URLSearchParams({ return_to: RETURN_TO, app_state: APP_STATE }).toString();

function expectUntouched(world: ConsentWorld): void {
  expect(world.consents.consumed.size + world.consents.pendingConsents.size).toBe(0);
  expect(world.memory.connections.size).toBe(0);
  expect(world.ims.calls.exchanges).toBe(0);
}

describe('before cookie and state agree, nothing happens', () => {
  it('for a callback without any cookie', async () => {
    const world = createConsentWorld();
    const started = await createBrowser(world).authorize(WITH_APP);
    const result = await world.callback(consented(world, stateOf(started)));
    expect(pageOutcome(result)).toBe('other_browser');
    expectUntouched(world);
  });

  it('for the state of another transaction', async () => {
    const world = createConsentWorld();
    const attacker = createBrowser(world);
    const victim = createBrowser(world);
    const theirs = await attacker.authorize('');
    await victim.authorize('');
    expect(pageOutcome(await victim.callback(consented(world, stateOf(theirs))))).toBe('other_browser');
    expectUntouched(world);
  });

  it('for cookies that were swapped between two transactions', async () => {
    const world = createConsentWorld();
    const browser = createBrowser(world);
    const one = await browser.authorize('');
    await browser.authorize('');
    const [[firstName = '', first = ''] = [], [secondName = '', second = ''] = []] = [...browser.jar];
    browser.jar.set(firstName, second);
    browser.jar.set(secondName, first);
    expect(pageOutcome(await browser.callback(consented(world, stateOf(one))))).toBe('other_browser');
    expectUntouched(world);
  });

  it.each([
    ['no parameter at all', ''],
    ['an empty state', 'state=&code=x'],
    ['an error without a state', 'error=access_denied'],
    ['a state twice', 'state=a&state=b&code=x'],
  ])('for %s', async (_, query) => {
    const world = createConsentWorld();
    expect(pageOutcome(await world.callback(query))).toBe('invalid_request');
    expectUntouched(world);
  });

  it('for an error whose state is unknown, which is not believed', async () => {
    const world = createConsentWorld();
    const browser = createBrowser(world);
    await browser.authorize(WITH_APP);
    const result = await browser.callback('error=access_denied&state=forged');
    expect(pageOutcome(result)).toBe('other_browser');
    expectUntouched(world);
  });
});

describe('with the right cookie', () => {
  it.each([
    ['a code twice', (state: string) => `state=${state}&code=a&code=b`],
    ['a code and an error', (state: string) => `state=${state}&code=a&error=access_denied&error=x`],
    [
      'the issuer of another server',
      (state: string) => `state=${state}&code=a&iss=https%3A%2F%2Fevil.example`,
    ],
    ['an issuer twice', (state: string) => `state=${state}&code=a&iss=${IMS}&iss=${IMS}`],
    [
      'an error from the issuer of another server',
      (state: string) => `state=${state}&error=access_denied&iss=https%3A%2F%2Fevil.example`,
    ],
    ['no code and no error', (state: string) => `state=${state}`],
  ])('%s changes nothing', async (_, query) => {
    const world = createConsentWorld();
    const browser = createBrowser(world);
    const started = await browser.authorize(WITH_APP);
    expect(pageOutcome(await browser.callback(query(stateOf(started))))).toBe('invalid_request');
    expectUntouched(world);
    const result = await browser.callback(consented(world, stateOf(started)));
    expect(locationOf(result).searchParams.has('connection_code')).toBe(true);
  });

  it('the right issuer is accepted', async () => {
    const world = createConsentWorld();
    const browser = createBrowser(world);
    const started = await browser.authorize('');
    const query = `${consented(world, stateOf(started))}&iss=${encodeURIComponent(IMS)}`;
    expect(pageOutcome(await browser.callback(query))).toBe('connected');
  });

  it.each([
    ['access_denied', 'declined'],
    ['invalid_scope', 'scope_not_allowed'],
    ['ride_AdobeID_acct_actreq', 'user_action_required'],
    ['login_required', 'user_action_required'],
    ['server_error', 'adobe_unavailable'],
    ['unauthorized_client', 'not_configured'],
    ['something_new', 'adobe_unavailable'],
    ['<script>alert(1)</script>', 'adobe_unavailable'],
  ])('the error %s is shown as %s', async (error, outcome) => {
    const world = createConsentWorld();
    const browser = createBrowser(world);
    const started = await browser.authorize(WITH_APP);
    const query = new URLSearchParams({ error, error_description: 'Text of Adobe', state: stateOf(started) });
    const result = await browser.callback(query.toString());
    expect(result.statusCode).toBe(303);
    const back = locationOf(result);
    expect(back.origin + back.pathname).toBe(RETURN_TO);
    expect(Object.fromEntries(back.searchParams)).toEqual({ error: outcome, app_state: APP_STATE });
    expect(world.ims.calls.exchanges).toBe(0);
  });

  it('a page never repeats what came with the request', async () => {
    const world = createConsentWorld();
    const browser = createBrowser(world);
    const started = await browser.authorize('');
    const query = new URLSearchParams({
      error: 'access_denied',
      error_description: '"><img src=x onerror=alert(1)>',
      error_uri: 'https://evil.example',
      state: stateOf(started),
    });
    const result = await browser.callback(query.toString());
    expect(pageOutcome(result)).toBe('declined');
    expect(result.body).not.toMatch(/onerror|evil|script/);
    expect(result.body).not.toContain(stateOf(started));
  });

  it('a transaction that took more than ten minutes has expired, whatever the browser kept', async () => {
    const world = createConsentWorld();
    const browser = createBrowser(world);
    const started = await browser.authorize(WITH_APP);
    world.clock.advance(600_000);
    const result = await browser.callback(consented(world, stateOf(started)));
    expect(locationOf(result).searchParams.get('error')).toBe('transaction_expired');
    expectUntouched(world);
  });

  it('a browser that comes back late is still sent back to the app', async () => {
    const world = createConsentWorld();
    const browser = createBrowser(world);
    const started = await browser.authorize(WITH_APP);
    world.clock.advance(3_599_000);
    const back = locationOf(await browser.callback(consented(world, stateOf(started))));
    expect(back.origin + back.pathname).toBe(RETURN_TO);
    expect(Object.fromEntries(back.searchParams)).toEqual({
      error: 'transaction_expired',
      app_state: APP_STATE,
    });
    world.clock.advance(1_000);
    expect(pageOutcome(await browser.callback(consented(world, stateOf(started))))).toBe('other_browser');
    expectUntouched(world);
  });

  it('several tabs do not disturb each other', async () => {
    const world = createConsentWorld();
    const browser = createBrowser(world);
    const tabs = [
      await browser.authorize(''),
      await browser.authorize(WITH_APP),
      await browser.authorize(''),
    ];
    const [one, two, three] = tabs.map(stateOf);
    expect(pageOutcome(await browser.callback(consented(world, three ?? '')))).toBe('connected');
    expect(pageOutcome(await browser.callback(consented(world, one ?? '')))).toBe('connected');
    expect((await browser.callback(consented(world, two ?? ''))).statusCode).toBe(303);
  });
});

describe('the state works once', () => {
  it('a reload shows the same outcome again, and exchanges and counts nothing', async () => {
    const world = createConsentWorld();
    const browser = createBrowser(world);
    const started = await browser.authorize('');
    const query = consented(world, stateOf(started));
    await browser.callback(query);
    const before = structuredClone(world.memory.connections);
    world.clock.advance(300_000);
    expect(pageOutcome(await browser.callback(query))).toBe('connected');
    expect(world.ims.calls.exchanges).toBe(1);
    expect(world.memory.connections).toEqual(before);
    expect(world.telemetry.total('ConsentOutcomes')).toBe(1);
  });

  it('a reload goes back to the app as the first answer did, so that a lost answer does no harm', async () => {
    const world = createConsentWorld();
    const browser = createBrowser(world);
    const started = await browser.authorize(WITH_APP);
    const query = consented(world, stateOf(started));
    const first = await browser.callback(query);
    const second = await browser.callback(query);
    expect(second.headers.location).toBe(first.headers.location);
    expect(world.consents.pendingConsents.size).toBe(1);
  });

  it('a reload of a refusal shows the refusal again', async () => {
    const world = createConsentWorld();
    const browser = createBrowser(world);
    const started = await browser.authorize(WITH_APP);
    const query = `error=access_denied&state=${stateOf(started)}`;
    const first = await browser.callback(query);
    expect((await browser.callback(query)).headers.location).toBe(first.headers.location);
  });

  it('a second code with a used state is not exchanged', async () => {
    const world = createConsentWorld();
    const browser = createBrowser(world);
    const started = await browser.authorize('');
    await browser.callback(consented(world, stateOf(started)));
    await browser.callback(consented(world, stateOf(started), { subject: 'SOMEBODYELSE@AdobeID' }));
    expect(world.ims.calls.exchanges).toBe(1);
    expect(world.memory.connections.size).toBe(1);
  });

  it('of two callbacks at the same time only one exchanges, and both show the same outcome', async () => {
    const world = createConsentWorld();
    const browser = createBrowser(world);
    const started = await browser.authorize(WITH_APP);
    const query = consented(world, stateOf(started));
    const [one, two] = await Promise.all([browser.callback(query), browser.callback(query)]);
    expect(world.ims.calls.exchanges).toBe(1);
    expect(one?.headers.location).toBe(two?.headers.location);
  });

  it('a state whose outcome was never recorded says that it was used', async () => {
    const world = createConsentWorld({
      callback: (deps) => ({
        ...deps,
        consents: injectFaults(deps.consents, [unreachable('STORE_UNAVAILABLE', onEvery('recordOutcome'))]),
      }),
    });
    const browser = createBrowser(world);
    const started = await browser.authorize('');
    const query = consented(world, stateOf(started));
    expect(pageOutcome(await browser.callback(query))).toBe('connected');
    expect(pageOutcome(await browser.callback(query))).toBe('already_used');
    expect(world.ims.calls.exchanges).toBe(1);
  });

  it('is stored as a digest', async () => {
    const world = createConsentWorld();
    const browser = createBrowser(world);
    const started = await browser.authorize('');
    await browser.callback(consented(world, stateOf(started)));
    expect([...world.consents.consumed.keys()].join()).not.toContain(stateOf(started));
  });
});

describe('a page of the vault', () => {
  it('offers to start again only when the sign-in came without an app', async () => {
    const world = createConsentWorld();
    const browser = createBrowser(world);
    const started = await browser.authorize('');
    const declined = await browser.callback(`error=access_denied&state=${stateOf(started)}`);
    expect(declined.body).toContain('href="authorize"');
    expect((await world.callback('state=x&code=y')).body).not.toContain('href=');
  });

  it('does not offer another sign-in to a connected user', async () => {
    expect((await signIn(createConsentWorld())).body).not.toContain('href=');
  });
});
