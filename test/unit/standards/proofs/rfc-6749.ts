import { expect } from 'vitest';
import { asked, codeOf, locationOf, pageOutcome, stateOf } from '../../consent/browser.ts';
import { APP_STATE, IMS } from '../../consent/consent-world.ts';
import { createBench, everyAnswer, setCookies, WITH_APP } from '../bench.ts';
import type { RFC_6749 } from '../items/rfc-6749.ts';
import type { ProofsOf } from '../proof.ts';

/** Marks that would appear if an answer repeated any part of a request. */
const MARKS = [
  '"><script>mark()</script>',
  "'onload=mark()",
  '\r\nset-cookie: mark=1',
  '\u0000mark',
  '%0d%0amark',
];

export const RFC_6749_PROOFS: ProofsOf<typeof RFC_6749> = {
  async secretInBody() {
    const bench = createBench();
    const browser = bench.browser();
    await browser.callback(`${bench.adobe.approve(await browser.authorize(''))}`);
    const [post] = bench.adobe.posts;
    expect(post?.url.search).toBe('');
    expect(post?.form.get('client_secret')).toBe('client-secret');
    expect(post?.headers.has('authorization')).toBe(false);
  },

  async requestOnce() {
    const bench = createBench();
    for (const query of ['', WITH_APP, await bench.openSession()]) {
      const names = [...asked(await bench.browser().authorize(query)).keys()];
      expect(new Set(names).size).toBe(names.length);
    }
  },

  async repeatedParameters() {
    const bench = createBench();
    const browser = bench.browser();
    const good = bench.adobe.approve(await browser.authorize(WITH_APP));
    for (const name of ['code', 'state', 'iss', 'error', 'error_description']) {
      for (const value of [good.get(name) ?? IMS, 'another', '']) {
        const twice = new URLSearchParams(good);
        twice.set(name, good.get(name) ?? IMS);
        twice.append(name, value);
        expect(pageOutcome(await browser.callback(`${twice}`)), `${name}=${value}`).toBe('invalid_request');
      }
    }
    bench.expectUntouched();
    expect(codeOf(await browser.callback(`${good}`))).not.toBe('');
  },

  async repeatedAtAuthorize() {
    const bench = createBench();
    for (const again of ['return_to=https://evil.example', `app_state=${APP_STATE}`, 'session=x&session=x']) {
      const result = await bench.world.authorize(`${WITH_APP}&${again}`);
      expect(pageOutcome(result)).toBe('invalid_request');
      expect(result.cookies ?? []).toEqual([]);
    }
  },

  async scopesAsText() {
    const bench = createBench({ scopes: ['openid', 'AdobeID', 'offline_access'] });
    const scopes = (asked(await bench.browser().authorize('')).get('scope') ?? '').split(/[ ,]/);
    expect(scopes).toEqual(['openid', 'AdobeID', 'offline_access']);
  },

  async unknownIgnored() {
    const bench = createBench();
    const browser = bench.browser();
    const query = bench.adobe.approve(await browser.authorize(''));
    for (const [name, value] of [
      ['session_state', 'x'],
      ['scope', 'everything'],
      ['expires_in', '-1'],
      ['__proto__', 'x'],
      ['constructor', 'x'],
    ] as const) {
      query.append(name, value);
      query.append(name, `${value}2`);
    }
    expect(pageOutcome(await browser.callback(`${query}`))).toBe('connected');
  },

  async stateExact() {
    const bench = createBench();
    const browser = bench.browser();
    const query = bench.adobe.approve(await browser.authorize(WITH_APP));
    const state = query.get('state') ?? '';
    const swapCase = [...state].map((one) =>
      one === one.toLowerCase() ? one.toUpperCase() : one.toLowerCase(),
    );
    const others = [
      swapCase.join(''),
      state.slice(0, -1),
      `${state}=`,
      `${state} `,
      ` ${state}`,
      `${state}\u0000`,
    ];
    for (const other of [...others, `${state}A`, 'undefined', 'null', '{}']) {
      query.set('state', other);
      expect(pageOutcome(await browser.callback(`${query}`)), other).toBe('other_browser');
    }
    query.set('state', '');
    expect(pageOutcome(await browser.callback(`${query}`))).toBe('invalid_request');
    bench.expectUntouched();
  },

  async emptyCode() {
    const bench = createBench();
    const browser = bench.browser();
    const state = stateOf(await browser.authorize(WITH_APP));
    for (const query of [`state=${state}`, `state=${state}&code=`, `state=${state}&error=`]) {
      expect(pageOutcome(await browser.callback(query))).toBe('invalid_request');
    }
    bench.expectUntouched();
  },

  async errorsDistinguished() {
    const bench = createBench();
    const errorAtApp = async (error: string) => {
      const browser = bench.browser();
      const state = stateOf(await browser.authorize(WITH_APP));
      const result = await browser.callback(`${new URLSearchParams({ error, state })}`);
      return locationOf(result).searchParams.get('error');
    };
    expect(await errorAtApp('access_denied')).toBe('declined');
    expect(await errorAtApp('invalid_scope')).toBe('scope_not_allowed');
    expect(await errorAtApp('server_error')).toBe('adobe_unavailable');
    expect(await errorAtApp('temporarily_unavailable')).toBe('adobe_unavailable');
    for (const error of ['invalid_request', 'unauthorized_client', 'unsupported_response_type']) {
      expect(await errorAtApp(error)).toBe('not_configured');
    }
    for (const error of ['Access_Denied', 'new_error', 'x'.repeat(5000), '\u0000']) {
      expect(await errorAtApp(error)).toBe('adobe_unavailable');
    }
    expect(bench.adobe.posts).toEqual([]);
  },

  async errorNeedsState() {
    const bench = createBench();
    const browser = bench.browser();
    await browser.authorize(WITH_APP);
    expect(pageOutcome(await browser.callback('error=access_denied'))).toBe('invalid_request');
    expect(pageOutcome(await browser.callback('error=access_denied&state=other'))).toBe('other_browser');
    bench.expectUntouched();
  },

  async codeWithError() {
    const bench = createBench();
    const browser = bench.browser();
    const query = bench.adobe.approve(await browser.authorize(WITH_APP));
    query.set('error', 'access_denied');
    const first = await browser.callback(`${query}`);
    expect(locationOf(first).searchParams.get('error')).toBe('declined');
    query.delete('error');
    expect((await browser.callback(`${query}`)).headers.location).toBe(first.headers.location);
    expect(bench.adobe.posts).toEqual([]);
  },

  async errorText() {
    const bench = createBench();
    for (const query of ['', WITH_APP]) {
      const browser = bench.browser();
      const state = stateOf(await browser.authorize(query));
      const error = {
        error: 'mark-error',
        error_description: 'mark-text',
        error_uri: 'https://mark.example',
      };
      const result = await browser.callback(`${new URLSearchParams({ ...error, state })}`);
      expect(JSON.stringify(result)).not.toContain('mark');
    }
  },

  async sameRedirectUri() {
    const bench = createBench();
    const browser = bench.browser();
    const started = await browser.authorize('');
    await browser.callback(`${bench.adobe.approve(started)}`);
    expect(bench.adobe.posts[0]?.form.get('redirect_uri')).toBe(asked(started).get('redirect_uri'));
  },

  async guessing() {
    const bench = createBench();
    const session = new URLSearchParams(await bench.openSession()).get('session') ?? '';
    const browser = bench.browser();
    const started = await browser.authorize(WITH_APP);
    const code = codeOf(await browser.callback(`${bench.adobe.approve(started)}`));
    const bits = (text: string | null) => Buffer.from(text ?? '', 'base64url').length * 8;
    expect(bits(stateOf(started))).toBeGreaterThanOrEqual(128);
    expect(bits(asked(started).get('nonce'))).toBeGreaterThanOrEqual(128);
    expect(bits(session)).toBeGreaterThanOrEqual(256);
    expect(bits(code)).toBeGreaterThanOrEqual(256);
  },

  async csrf() {
    const bench = createBench();
    const started = await bench.browser().authorize(WITH_APP);
    const [cookie] = setCookies(started);
    const shown = (cookie?.value ?? '')
      .split('.')
      .map((part) => part + Buffer.from(part, 'base64url').toString('latin1'))
      .join();
    for (const secret of [stateOf(started), APP_STATE, asked(started).get('nonce') ?? '']) {
      expect(shown).not.toContain(secret);
    }
  },

  async input() {
    const bench = createBench();
    const shown: unknown[] = [];
    for (const mark of MARKS) {
      const all = (names: readonly string[]) =>
        `${new URLSearchParams(names.map((name): [string, string] => [name, mark]))}`;
      const cookies = [`__Host-vault-0123456789ab=${mark}`, mark];
      const headers = { 'accept-language': mark, 'user-agent': mark, referer: mark };
      shown.push(await bench.world.authorize(all(['return_to', 'app_state']), cookies, headers));
      shown.push(await bench.world.authorize(all(['session']), cookies, headers));
      shown.push(await bench.world.callback(all(['state', 'code', 'iss', 'error']), cookies, headers));
      const browser = bench.browser();
      const state = stateOf(await browser.authorize(''));
      shown.push(await browser.callback(`${all(['error', 'error_description'])}&state=${state}`));
    }
    expect(JSON.stringify(shown)).not.toMatch(/mark/);
    expect((await everyAnswer(bench)).length).toBeGreaterThan(0);
  },
};
