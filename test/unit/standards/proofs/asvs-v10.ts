import { expect } from 'vitest';
import { deriveConnectionId } from '../../../../functions/core/connection/connection-id.ts';
import { asked, codeOf, locationOf, pageOutcome, stateOf } from '../../consent/browser.ts';
import { APP_STATE, CLIENT_ID, IMS, SUBJECT } from '../../consent/consent-world.ts';
import { createBench, everyAnswer, KNOWN_USER, WITH_APP } from '../bench.ts';
import type { ASVS_V10 } from '../items/asvs-v10.ts';
import type { ProofsOf } from '../proof.ts';

const VICTIM = 'VICTIM000000000000000000@AdobeID';

/** The outcome of a plain sign-in when Adobe's ID token has these claims. */
async function outcomeWith(idTokenClaims: Readonly<Record<string, unknown>>): Promise<string | undefined> {
  const bench = createBench({ idTokenClaims });
  const browser = bench.browser();
  const result = await browser.callback(`${bench.adobe.approve(await browser.authorize(''))}`);
  expect(bench.world.memory.connections.size).toBe(pageOutcome(result) === 'connected' ? 1 : 0);
  return pageOutcome(result);
}

export const ASVS_V10_PROOFS: ProofsOf<typeof ASVS_V10> = {
  async tokensStay() {
    const bench = createBench();
    const answers = await everyAnswer(bench);
    const browser = bench.browser();
    const back = await browser.callback(`${bench.adobe.approve(await browser.authorize(WITH_APP))}`);
    const connectionCode = codeOf(back);
    const redeemed = await bench.world.post('/sign-ins/redeem', undefined, {
      connectionCode,
      appState: APP_STATE,
    });
    expect(redeemed.statusCode).toBe(200);
    const shown = JSON.stringify([answers, back, redeemed]);
    expect(bench.adobe.issued.filter((token) => shown.includes(token))).toEqual([]);
    expect(bench.world.telemetry.leaksOf(bench.adobe.issued)).toEqual([]);
  },

  async sameTransaction() {
    const bench = createBench();
    const victims = bench.adobe.approve(await bench.browser().authorize(WITH_APP), VICTIM);
    const attacker = bench.browser();
    const started = await attacker.authorize(WITH_APP);
    expect(pageOutcome(await attacker.callback(`${victims}`))).toBe('other_browser');
    victims.set('state', stateOf(started));
    const injected = await attacker.callback(`${victims}`);
    expect(locationOf(injected).searchParams.get('error')).toBe('transaction_expired');
    expect(bench.world.memory.connections.size).toBe(0);
  },

  async csrf() {
    const withoutPkce = createBench({ ignoresPkce: true });
    const forged = withoutPkce.adobe.approve(await withoutPkce.browser().authorize(''));
    const victim = withoutPkce.browser();
    await victim.authorize('');
    expect(pageOutcome(await victim.callback(`${forged}`))).toBe('other_browser');
    withoutPkce.expectUntouched();

    const withoutState = createBench();
    const attackers = withoutState.adobe.approve(await withoutState.browser().authorize(''));
    const browser = withoutState.browser();
    attackers.set('state', stateOf(await browser.authorize('')));
    expect(pageOutcome(await browser.callback(`${attackers}`))).toBe('transaction_expired');
    expect(withoutState.world.memory.connections.size).toBe(0);
  },

  async mixUp() {
    const bench = createBench();
    const started = await bench.browser().authorize('');
    expect(locationOf(started).origin).toBe(IMS);
    const browser = bench.browser();
    const query = bench.adobe.approve(await browser.authorize(''));
    query.set('iss', 'https://evil.example');
    expect(pageOutcome(await browser.callback(`${query}`))).toBe('invalid_request');
  },

  async scopes() {
    const bench = createBench();
    const request = asked(await bench.browser().authorize(`${WITH_APP}&claims=x&acr_values=x&resource=x`));
    expect([...request.keys()].sort()).toEqual([
      'client_id',
      'code_challenge',
      'code_challenge_method',
      'nonce',
      'redirect_uri',
      'response_type',
      'scope',
      'state',
    ]);
  },

  async nonce() {
    expect(await outcomeWith({})).toBe('connected');
    expect(await outcomeWith({ nonce: 'that-of-another-transaction' })).toBe('identity_missing');
    expect(await outcomeWith({ nonce: undefined })).toBe('identity_missing');
  },

  async subject() {
    const bench = createBench();
    for (const subject of [SUBJECT, VICTIM]) {
      const browser = bench.browser();
      await browser.callback(`${bench.adobe.approve(await browser.authorize(''), subject)}`);
    }
    expect([...bench.world.memory.connections.keys()].sort()).toEqual(
      [SUBJECT, VICTIM].map((subject) => deriveConnectionId(CLIENT_ID, subject)).sort(),
    );
    expect(await outcomeWith({ sub: VICTIM })).toBe('identity_missing');
  },

  async issuer() {
    expect(await outcomeWith({ iss: 'https://evil.example' })).toBe('identity_missing');
    const bench = createBench();
    const browser = bench.browser();
    const started = await browser.authorize(await bench.openSession(KNOWN_USER));
    await browser.callback(`${bench.adobe.approve(started)}`);
    expect(bench.adobe.posts.map(({ url }) => url.origin)).toEqual([IMS]);
  },

  async audience() {
    expect(await outcomeWith({ aud: 'another-client' })).toBe('identity_missing');
    expect(await outcomeWith({ aud: [CLIENT_ID, 'another-client'] })).toBe('identity_missing');
  },
};
