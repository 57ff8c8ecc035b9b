import { expect } from 'vitest';
import { asked, codeOf, locationOf, pageOutcome, stateOf } from '../../consent/browser.ts';
import { APP_STATE, IMS, OTHER_RETURN_TO, RETURN_TO } from '../../consent/consent-world.ts';
import { createBench, everyAnswer, KNOWN_USER, setCookies, WITH_APP } from '../bench.ts';
import { HOSTILE_RETURN_URLS } from '../hostile-return-urls.ts';
import type { RFC_9700 } from '../items/rfc-9700.ts';
import type { ProofsOf } from '../proof.ts';

const VICTIM = 'VICTIM000000000000000000@AdobeID';
const ATTACKER = 'ATTACKER0000000000000000@AdobeID';

function errorOf(location: URL) {
  return location.searchParams.get('error');
}

export const RFC_9700_PROOFS: ProofsOf<typeof RFC_9700> = {
  async stateBound() {
    const bench = createBench();
    const [one, other] = [bench.browser(), bench.browser()];
    const started = await one.authorize(WITH_APP);
    await other.authorize(WITH_APP);
    const query = `${bench.adobe.approve(started)}`;
    expect(pageOutcome(await other.callback(query))).toBe('other_browser');
    bench.expectUntouched();
    expect(codeOf(await one.callback(query))).not.toBe('');
  },

  async noCookie() {
    const bench = createBench();
    const started = await bench.browser().authorize(WITH_APP);
    const result = await bench.world.callback(`${bench.adobe.approve(started)}`);
    expect(pageOutcome(result)).toBe('other_browser');
    expect(result.headers.location).toBeUndefined();
    bench.expectUntouched();
  },

  async pkceS256() {
    const bench = createBench();
    for (const query of ['', WITH_APP, await bench.openSession()]) {
      const request = asked(await bench.browser().authorize(query));
      expect(request.get('code_challenge_method')).toBe('S256');
      expect(request.get('code_challenge')).toMatch(/^[A-Za-z0-9_-]{43}$/);
      expect(request.has('code_verifier')).toBe(false);
    }
  },

  async perTransaction() {
    const bench = createBench();
    const browser = bench.browser();
    const requests = [];
    for (let tab = 0; tab < 3; tab += 1) requests.push(asked(await browser.authorize(WITH_APP)));
    for (const name of ['state', 'code_challenge', 'nonce']) {
      expect(new Set(requests.map((request) => request.get(name))).size).toBe(3);
    }
  },

  async severalTabs() {
    const bench = createBench();
    const browser = bench.browser();
    const other = new URLSearchParams({ return_to: OTHER_RETURN_TO, app_state: `${APP_STATE}2` }).toString();
    const own = await browser.authorize('');
    const first = await browser.authorize(WITH_APP);
    const second = await browser.authorize(other);
    const back = [second, own, first].map((started) => `${bench.adobe.approve(started)}`);
    const [toOther, toPage, toApp] = [
      await browser.callback(back[0] ?? ''),
      await browser.callback(back[1] ?? ''),
      await browser.callback(back[2] ?? ''),
    ];
    expect(locationOf(toOther).searchParams.get('app_state')).toBe(`${APP_STATE}2`);
    expect(locationOf(toOther).searchParams.get('tab')).toBe('adobe');
    expect(pageOutcome(toPage)).toBe('connected');
    expect(locationOf(toApp).searchParams.get('app_state')).toBe(APP_STATE);
  },

  async expired() {
    const bench = createBench();
    const browser = bench.browser();
    const started = await browser.authorize(WITH_APP);
    bench.world.clock.advance(600_000);
    const result = await browser.callback(`${bench.adobe.approve(started)}`);
    expect(errorOf(locationOf(result))).toBe('transaction_expired');
    bench.expectUntouched();
  },

  async codeGrantOnly() {
    const bench = createBench();
    const browser = bench.browser();
    const started = await browser.authorize(`${WITH_APP}&response_type=token&response_mode=fragment`);
    expect(asked(started).getAll('response_type')).toEqual(['code']);
    expect(asked(started).has('response_mode')).toBe(false);
    for (const token of ['access_token=x&token_type=bearer', 'id_token=a.b.c', 'token=x', 'response=a.b.c']) {
      const result = await browser.callback(`state=${stateOf(started)}&${token}`);
      expect(pageOutcome(result)).toBe('invalid_request');
    }
    bench.expectUntouched();
  },

  async leastScopes() {
    const bench = createBench();
    const hostile =
      '&scope=everything&scopes=everything&prompt=none&client_id=other&redirect_uri=https://e.example';
    const plain = asked(await bench.browser().authorize(WITH_APP + hostile));
    expect(plain.get('scope')).toMatch(/^openid.offline_access$/);
    expect(plain.get('client_id')).toBe('example-client-id');
    expect(plain.get('redirect_uri')).toBe('https://vault.example/callback');
    const session = await bench.openSession(KNOWN_USER, { scopes: ['openid'] });
    expect(asked(await bench.browser().authorize(session + hostile)).get('scope')).toBe('openid');
  },

  async encrypted() {
    const bench = createBench();
    const request = asked(await bench.browser().authorize(''));
    expect(new URL(request.get('redirect_uri') ?? '').protocol).toBe('https:');
    for (const { headers } of await everyAnswer(bench)) {
      expect(headers['strict-transport-security']).toMatch(/^max-age=31536000/);
    }
  },

  async noOutsideResource() {
    const bench = createBench({ pages: { supportUrl: 'https://help.example/' } });
    const browser = bench.browser();
    const connected = await browser.callback(`${bench.adobe.approve(await browser.authorize(''))}`);
    expect(pageOutcome(connected)).toBe('connected');
    expect(connected.body).not.toMatch(/https?:\/\/|href|src|url\(/);
    for (const { headers } of await everyAnswer(bench)) {
      expect(headers['content-security-policy']).toMatch(/^default-src 'none'/);
    }
  },

  async noReferrer() {
    for (const { headers } of await everyAnswer(createBench())) {
      expect(headers['referrer-policy']).toBe('no-referrer');
    }
  },

  async stateOnce() {
    const bench = createBench();
    const browser = bench.browser();
    const started = await browser.authorize('');
    await browser.callback(`${bench.adobe.approve(started)}`);
    await browser.callback(`${bench.adobe.approve(started, ATTACKER)}`);
    expect(bench.adobe.posts).toHaveLength(1);
    expect(bench.world.memory.connections.size).toBe(1);
  },

  async concurrent() {
    const bench = createBench();
    const browser = bench.browser();
    const query = `${bench.adobe.approve(await browser.authorize(WITH_APP))}`;
    const results = await Promise.all([browser.callback(query), browser.callback(query)]);
    expect(bench.adobe.posts).toHaveLength(1);
    expect(new Set(results.map(codeOf).filter((code) => code !== '')).size).toBe(1);
  },

  async reload() {
    const bench = createBench();
    const browser = bench.browser();
    const query = `${bench.adobe.approve(await browser.authorize(WITH_APP))}`;
    const first = await browser.callback(query);
    bench.world.clock.advance(599_000);
    expect((await browser.callback(query)).headers.location).toBe(first.headers.location);
    bench.world.clock.advance(1_000);
    expect(errorOf(locationOf(await browser.callback(query)))).toBe('transaction_expired');
    expect(bench.adobe.posts).toHaveLength(1);
  },

  async backButton() {
    const bench = createBench();
    const browser = bench.browser();
    const first = await browser.authorize(WITH_APP);
    const query = `${bench.adobe.approve(first)}`;
    const ended = await browser.callback(query);
    const again = await browser.authorize(WITH_APP);
    expect(stateOf(again)).not.toBe(stateOf(first));
    expect((await browser.callback(query)).headers.location).toBe(ended.headers.location);
    const second = await browser.callback(`${bench.adobe.approve(again)}`);
    expect(codeOf(second)).not.toBe(codeOf(ended));
    expect(bench.world.memory.connections.size).toBe(1);
  },

  async foreignHistory() {
    const bench = createBench();
    const browser = bench.browser();
    const query = `${bench.adobe.approve(await browser.authorize(WITH_APP))}`;
    await browser.callback(query);
    const elsewhere = await bench.browser().callback(query);
    expect(pageOutcome(elsewhere)).toBe('other_browser');
    expect(elsewhere.headers.location).toBeUndefined();
    expect(bench.adobe.posts).toHaveLength(1);
  },

  async notStored() {
    for (const { headers } of await everyAnswer(createBench())) {
      expect(headers['cache-control']).toBe('no-store');
    }
  },

  async noTokenInUrl() {
    const bench = createBench();
    const answers = JSON.stringify(await everyAnswer(bench));
    const verifiers = bench.adobe.posts.map(({ form }) => form.get('code_verifier') ?? '');
    const secrets = [...bench.adobe.issued, ...verifiers, 'client-secret'];
    expect(secrets.length).toBeGreaterThan(10);
    expect(secrets.filter((secret) => answers.includes(secret))).toEqual([]);
  },

  async mixUp() {
    const bench = createBench();
    const browser = bench.browser();
    const query = bench.adobe.approve(await browser.authorize(WITH_APP));
    query.set('iss', 'https://attacker.example');
    expect(pageOutcome(await browser.callback(`${query}`))).toBe('invalid_request');
    bench.expectUntouched();
  },

  async mixUpEndpoint() {
    const bench = createBench();
    const browser = bench.browser();
    const query = bench.adobe.approve(await browser.authorize(''));
    query.set('token_endpoint', 'https://attacker.example/token');
    query.set('client_id', 'attacker');
    expect(pageOutcome(await browser.callback(`${query}`))).toBe('connected');
    expect(bench.adobe.posts.map(({ url }) => url.href)).toEqual([`${IMS}/ims/token/v3`]);
    expect(bench.adobe.posts[0]?.form.get('client_id')).toBe('example-client-id');
  },

  async injectionPkce() {
    const bench = createBench();
    const stolen = bench.adobe.approve(await bench.browser().authorize(WITH_APP), VICTIM).get('code') ?? '';
    const attacker = bench.browser();
    const started = await attacker.authorize(await bench.openSession());
    const result = await attacker.callback(
      `${new URLSearchParams({ code: stolen, state: stateOf(started) })}`,
    );
    expect(errorOf(locationOf(result))).toBe('transaction_expired');
    expect(bench.adobe.posts).toHaveLength(1);
    expect(bench.adobe.issued).toEqual([]);
    expect(bench.world.consents.pendingConsents.size).toBe(0);
  },

  async injectionNonce() {
    const bench = createBench({ ignoresPkce: true });
    for (const query of [WITH_APP, await bench.openSession()]) {
      const stolen = bench.adobe.approve(await bench.browser().authorize(WITH_APP), VICTIM).get('code') ?? '';
      const attacker = bench.browser();
      const started = await attacker.authorize(query);
      const result = await attacker.callback(
        `${new URLSearchParams({ code: stolen, state: stateOf(started) })}`,
      );
      expect(errorOf(locationOf(result))).toBe('identity_missing');
    }
    expect(bench.adobe.issued.length).toBeGreaterThan(0);
    expect(bench.world.consents.pendingConsents.size).toBe(0);
    expect(bench.world.memory.connections.size).toBe(0);
  },

  async csrf() {
    const bench = createBench();
    const prepared = bench.adobe.approve(await bench.browser().authorize(WITH_APP), ATTACKER);
    const victim = bench.browser();
    await victim.authorize(WITH_APP);
    expect(pageOutcome(await victim.callback(`${prepared}`))).toBe('other_browser');
    bench.expectUntouched();
  },

  async stateOpaque() {
    const bench = createBench();
    const session = await bench.openSession();
    for (const query of ['', WITH_APP, session]) {
      const state = stateOf(await bench.browser().authorize(query));
      expect(state).toMatch(/^[A-Za-z0-9_-]{22}$/);
      const shown = state + Buffer.from(state, 'base64url').toString('latin1');
      for (const secret of [RETURN_TO, APP_STATE, KNOWN_USER, session]) expect(shown).not.toContain(secret);
    }
  },

  async swapped() {
    const bench = createBench();
    const browser = bench.browser();
    const first = await browser.authorize('');
    await browser.authorize(WITH_APP);
    const [one, two] = [...browser.jar];
    if (one === undefined || two === undefined) throw new Error('Two transactions were expected.');
    browser.jar.set(one[0], two[1]);
    expect(pageOutcome(await browser.callback(`${bench.adobe.approve(first)}`))).toBe('other_browser');
    bench.expectUntouched();
  },

  async otherDeployment() {
    const bench = createBench();
    const elsewhere = createBench({ cookieKey: 'the-cookie-key-of-another-deployment-of-the-vault' });
    const browser = elsewhere.browser();
    const started = await browser.authorize('');
    expect(pageOutcome(await elsewhere.world.authorize('', browser.cookies()))).toBeUndefined();
    const result = await bench.world.callback(`${bench.adobe.approve(started)}`, browser.cookies());
    expect(pageOutcome(result)).toBe('other_browser');
    bench.expectUntouched();
  },

  async cookieAttributes() {
    const bench = createBench();
    for (const query of ['', WITH_APP, await bench.openSession()]) {
      const started = await bench.browser().authorize(query);
      const cookies = setCookies(started);
      expect(cookies).toHaveLength(1);
      for (const { name, value, attributes } of cookies) {
        expect(name).toMatch(/^__Host-/);
        expect([...attributes].sort()).toEqual([
          'HttpOnly',
          'Max-Age=3600',
          'Path=/',
          'SameSite=Lax',
          'Secure',
        ]);
        expect(value.split('.')).toHaveLength(5);
        expect(name.length + value.length).toBeLessThan(1_000);
      }
    }
  },

  async downgrade() {
    const bench = createBench();
    const browser = bench.browser();
    const hostile = '&code_challenge=x&code_challenge_method=plain&code_verifier=x';
    const request = asked(await browser.authorize(WITH_APP + hostile));
    expect(request.getAll('code_challenge_method')).toEqual(['S256']);
    expect(request.getAll('code_challenge')).toHaveLength(1);
    expect(request.get('code_challenge')).not.toBe('x');
    const forged = `${bench.adobe.approve(await bench.browser().authorize(''), ATTACKER)}`;
    expect(pageOutcome(await browser.callback(forged))).toBe('other_browser');
    bench.expectUntouched();
  },

  async counterfeitServer() {
    const bench = createBench();
    const headers = {
      host: 'evil.example',
      origin: 'https://evil.example',
      forwarded: 'host=evil.example;proto=http',
      'x-forwarded-host': 'evil.example',
      'x-forwarded-proto': 'http',
      'x-original-url': 'https://evil.example/',
    };
    const plain = await bench.world.authorize('', [], headers);
    expect(locationOf(plain).origin).toBe(IMS);
    expect(asked(plain).get('redirect_uri')).toBe('https://vault.example/callback');
    const cookies = setCookies(plain).map(({ name, value }) => `${name}=${value}`);
    const result = await bench.world.callback(`${bench.adobe.approve(plain)}`, cookies, headers);
    expect(pageOutcome(result)).toBe('connected');
    expect(JSON.stringify(result)).not.toContain('evil');
  },

  async openRedirect() {
    const bench = createBench();
    for (const hostile of HOSTILE_RETURN_URLS) {
      const query = new URLSearchParams({ return_to: hostile, app_state: APP_STATE });
      const result = await bench.world.authorize(`${query}`);
      expect(pageOutcome(result), hostile).toBe('invalid_request');
      expect(result.headers.location, hostile).toBeUndefined();
    }
    for (const name of ['return_to', 'redirect_uri', 'returnTo', 'next', 'url']) {
      const result = await bench.world.callback(`state=x&code=y&${name}=https://evil.example`);
      expect(result.headers.location).toBeUndefined();
      expect(result.body).not.toContain('evil');
    }
  },

  async openRedirectBackend() {
    const bench = createBench();
    for (const returnTo of HOSTILE_RETURN_URLS) {
      const result = await bench.world.post('/connections/{connectionId}/consents', KNOWN_USER, { returnTo });
      expect(result.statusCode, returnTo).toBe(400);
    }
    expect(bench.world.consents.sessions.size).toBe(0);
  },

  async see303() {
    const answers = await everyAnswer(createBench());
    const redirects = answers.filter(({ headers }) => headers.location !== undefined);
    expect(redirects.length).toBeGreaterThan(4);
    for (const { statusCode, body } of redirects) expect([statusCode, body]).toEqual([303, '']);
    for (const { statusCode } of answers) expect([200, 303, 400]).toContain(statusCode);
  },

  async framing() {
    for (const { headers } of await everyAnswer(createBench())) {
      expect(headers['content-security-policy']).toContain("frame-ancestors 'none'");
    }
  },
};
