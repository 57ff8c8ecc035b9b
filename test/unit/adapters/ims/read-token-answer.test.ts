import { inspect } from 'node:util';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readTokenAnswer } from '../../../../functions/adapters/ims/token-answer.ts';
import { httpAnswer, imsToken } from './http-answers.ts';

const NOW_MS = Date.UTC(2026, 10, 22);
const accessToken = imsToken({ type: 'access_token', scope: 'openid,AdobeID' });
const refreshToken = imsToken({ type: 'refresh_token' });
const good = {
  access_token: accessToken,
  refresh_token: refreshToken,
  token_type: 'bearer',
  expires_in: 86399,
};

function tokensOf(parts: Parameters<typeof httpAnswer>[0]) {
  const { answer } = readTokenAnswer(httpAnswer(parts), NOW_MS);
  if (answer.kind !== 'tokens') throw new Error(`No tokens but ${JSON.stringify(answer)}`);
  const { accessToken: access, refreshToken: refresh, ...rest } = answer.tokens;
  return {
    ...rest,
    access: access?.token.reveal(),
    refresh: refresh?.reveal(),
    expiresInSeconds: access?.expiresInSeconds,
    scopes: access?.scopes,
  };
}

describe('a token answer', () => {
  it('is read as Adobe documents it', () => {
    expect(tokensOf({ body: good })).toEqual({
      access: accessToken,
      refresh: refreshToken,
      expiresInSeconds: 86399,
      scopes: ['openid', 'AdobeID'],
      hints: {},
      anomalies: [],
    });
  });

  it('keeps the trace id of IMS, unless it is no plain word', () => {
    const debugIdOf = (id: string) =>
      readTokenAnswer(httpAnswer({ body: good, headers: { 'x-debug-id': id } }), NOW_MS).answer.debugId;
    expect(debugIdOf('abc-123')).toBe('abc-123');
    expect(debugIdOf('two words')).toBeUndefined();
    expect(debugIdOf('x'.repeat(500))).toBeUndefined();
  });

  it('without a refresh token is not an anomaly, because not every credential gets one', () => {
    const { refresh_token: _, ...body } = good;
    expect(tokensOf({ body })).toMatchObject({ access: accessToken, refresh: undefined, anomalies: [] });
  });

  it.each([
    ['an empty access token', { access_token: '' }, 'access-token-missing'],
    ['no access token', { access_token: undefined }, 'access-token-missing'],
    ['an access token that fits no header', { access_token: 'a\nb' }, 'access-token-missing'],
    ['expires_in null', { expires_in: null }, 'expires-in-implausible'],
    ['expires_in as a word', { expires_in: 'soon' }, 'expires-in-implausible'],
    ['expires_in below zero', { expires_in: -5 }, 'expires-in-implausible'],
    ['no expires_in', { expires_in: undefined }, 'expires-in-missing'],
    ['no token_type', { token_type: undefined }, 'token-type-missing'],
    ['another token_type', { token_type: 'mac' }, 'token-type-not-bearer'],
    ['a scope that is a number', { scope: 7 }, 'scope-unreadable'],
    ['an empty id_token', { id_token: '' }, 'id-token-empty'],
  ])('yields the successor in spite of %s', (_name, change, anomaly) => {
    const read = tokensOf({ body: { ...good, ...change } });
    expect(read.refresh).toBe(refreshToken);
    expect(read.anomalies).toContain(anomaly);
  });

  it.each(['', null, 7, {}])('takes the refresh token %j for none', (refresh_token) => {
    const read = tokensOf({ body: { ...good, refresh_token } });
    expect(read).toMatchObject({
      access: accessToken,
      refresh: undefined,
      anomalies: ['refresh-token-empty'],
    });
  });

  it('is read whatever its content type and its 2xx status', () => {
    const read = tokensOf({ status: 201, headers: { 'content-type': 'text/html' }, body: good });
    expect(read.refresh).toBe(refreshToken);
    expect(read.anomalies).toEqual(['status-not-200', 'content-type-not-json']);
  });

  it('yields the complete members of a truncated body', () => {
    const whole = JSON.stringify({ refresh_token: refreshToken, access_token: accessToken });
    const read = tokensOf({ body: whole.slice(0, -8), complete: false });
    expect(read).toMatchObject({ access: undefined, refresh: refreshToken });
    expect(read.anomalies).toEqual(
      expect.arrayContaining(['body-not-json', 'body-incomplete', 'access-token-missing']),
    );
  });

  it.each([
    ['with any character that a token may have', 'rt!#$%&()*@[]^|~', 'rt!#$%&()*@[]^|~'],
    ['with a quote in it', 'rt\\"1', 'rt"1'],
    ['with a backslash at its end', 'rt\\\\', 'rt\\'],
    ['with slashes as some encoders write them', 'a\\/b\\u002bc', 'a/b+c'],
  ])('yields a token %s, whole or truncated', (_, written, token) => {
    const whole = `{"refresh_token":"${written}","access_token":"${accessToken}"}`;
    const until = whole.indexOf(',');
    for (const body of [whole, whole.slice(0, until)]) {
      expect(tokensOf({ body }).refresh).toBe(token);
    }
    for (const body of [whole.slice(0, until - 1), whole.slice(0, until - 2)]) {
      expect(readTokenAnswer(httpAnswer({ body, complete: false }), NOW_MS).answer.kind).toBe('unknown');
    }
  });

  it('takes from a body that broke off the ID token, which is verified, and not the subject', () => {
    const body = `{"sub":"ABC@AdobeID","id_token":"a.b.c","refresh_token":"${refreshToken}","acc`;
    const { answer, idToken } = readTokenAnswer(httpAnswer({ body, complete: false }), NOW_MS);
    expect(answer.kind === 'tokens' && answer.tokens).not.toHaveProperty('subject');
    expect(idToken?.reveal()).toBe('a.b.c');
  });

  it('does not take half a token for a whole one', () => {
    const whole = JSON.stringify({ refresh_token: refreshToken });
    const { answer } = readTokenAnswer(httpAnswer({ body: whole.slice(0, -5), complete: false }), NOW_MS);
    expect(answer).toEqual({ kind: 'unknown', reason: 'reset' });
  });

  const { refresh_token: _successor, ...withoutSuccessor } = good;
  const inOrder = (...names: readonly (keyof typeof good)[]) =>
    JSON.stringify(Object.fromEntries(names.map((name) => [name, good[name]])));

  it.each([
    ['access token first', inOrder('access_token', 'refresh_token', 'token_type', 'expires_in')],
    ['refresh token first', inOrder('refresh_token', 'access_token', 'token_type', 'expires_in')],
    ['refresh token last', inOrder('token_type', 'expires_in', 'access_token', 'refresh_token')],
  ])(
    'that breaks off is a lost one, or brings its whole successor, wherever it was cut (%s)',
    (_name, whole) => {
      const successorEnds = whole.indexOf(refreshToken) + refreshToken.length + 1;
      for (let length = 0; length < whole.length; length += 1) {
        const body = whole.slice(0, length);
        for (const complete of [true, false]) {
          const { answer } = readTokenAnswer(httpAnswer({ body, complete }), NOW_MS);
          const received = answer.kind === 'tokens' ? answer.tokens.refreshToken?.reveal() : answer.kind;
          expect(received).toBe(length >= successorEnds ? refreshToken : 'unknown');
        }
      }
    },
  );

  it.each([
    ['the connection breaks behind the last brace', JSON.stringify(withoutSuccessor), false],
    [
      'the length that was announced is too short',
      JSON.stringify(good).slice(0, 40 + accessToken.length),
      true,
    ],
    ['something else follows the JSON', `${JSON.stringify(withoutSuccessor)}<html>`, true],
    ['it is wrapped in something else', `callback(${JSON.stringify(withoutSuccessor)})`, true],
    ['a page was put in front of it', `<p>${JSON.stringify(withoutSuccessor)}`, true],
  ])('does not say that IMS kept the refresh token where %s', (_name, body, complete) => {
    const { answer } = readTokenAnswer(httpAnswer({ body, complete }), NOW_MS);
    expect(answer).toEqual({ kind: 'unknown', reason: 'reset' });
  });

  it('says so where it is whole, with a byte order mark or without', () => {
    for (const mark of ['', '\uFEFF']) {
      const read = tokensOf({ body: `${mark}${JSON.stringify(withoutSuccessor)}` });
      expect(read).toMatchObject({ access: accessToken, refresh: undefined });
    }
  });

  it('takes the last of two refresh tokens, cut off or whole', () => {
    const other = imsToken({ type: 'refresh_token', id: 'another' });
    const whole = `{"access_token":"${accessToken}","refresh_token":"${other}","refresh_token":"${refreshToken}"}`;
    expect(tokensOf({ body: whole }).refresh).toBe(refreshToken);
    expect(tokensOf({ body: whole.slice(0, -1), complete: false }).refresh).toBe(refreshToken);
  });

  it.each([500, 502, 503, 504])('under status %i is one only with both tokens', (status) => {
    expect(tokensOf({ status, body: good }).refresh).toBe(refreshToken);
    expect(tokensOf({ status, body: good, headers: { 'retry-after': '60' } }).refresh).toBe(refreshToken);
    const unknown = { kind: 'unknown', reason: 'server-error' };
    for (const body of [withoutSuccessor, { error: 'server_error', refresh_token: refreshToken }]) {
      expect(readTokenAnswer(httpAnswer({ status, body }), NOW_MS).answer).toEqual(unknown);
    }
  });

  it.each([302, 400, 401, 429])('is none under status %i, whatever its body', (status) => {
    expect(readTokenAnswer(httpAnswer({ status, body: good }), NOW_MS).answer.kind).not.toBe('tokens');
  });

  it('reads the scope of the answer before that of the token, with commas or spaces', () => {
    expect(tokensOf({ body: { ...good, scope: 'a b,c' } }).scopes).toEqual(['a', 'b', 'c']);
    expect(tokensOf({ body: { ...good, access_token: 'opaque' } }).scopes).toBeUndefined();
  });

  it('keeps the subject that stands in the answer, unless it is far too long', () => {
    expect(tokensOf({ body: { ...good, sub: 'ABC@AdobeID' } }).subject).toBe('ABC@AdobeID');
    expect(tokensOf({ body: { ...good, sub: 'x'.repeat(256) } }).subject).toBeUndefined();
  });

  it('passes on the ID token to be verified', () => {
    const { idToken } = readTokenAnswer(httpAnswer({ body: { ...good, id_token: 'a.b.c' } }), NOW_MS);
    expect(idToken?.reveal()).toBe('a.b.c');
  });

  it('prints no token, whatever prints it', () => {
    const read = readTokenAnswer(httpAnswer({ body: { ...good, id_token: 'eyJ.idtoken.x' } }), NOW_MS);
    const printed = JSON.stringify(read) + inspect(read, { depth: 9, showHidden: true });
    for (const secret of [accessToken, refreshToken, 'idtoken']) expect(printed).not.toContain(secret);
  });

  it.each([
    ['an empty body', ''],
    ['HTML', '<html>ok</html>'],
    ['an array', []],
    ['a number', 7],
    ['an error', { error: 'access_denied' }],
    ['empty tokens', { access_token: '', refresh_token: '' }],
    ['null', null],
  ])('without any token is malformed and never a refusal: %s', (_name, body) => {
    const { answer } = readTokenAnswer(httpAnswer({ body }), NOW_MS);
    expect(answer).toEqual({ kind: 'unknown', reason: 'malformed' });
  });

  it('is read without throwing, whatever the bytes, and never loses a refresh token that is there', () => {
    const members = fc.dictionary(
      fc.constantFrom(
        'access_token',
        'expires_in',
        'token_type',
        'scope',
        'id_token',
        'sub',
        'error',
        'jump',
      ),
      fc.jsonValue(),
    );
    fc.assert(
      fc.property(members, fc.integer({ min: 200, max: 299 }), (body, status) => {
        expect(tokensOf({ status, body: { ...body, refresh_token: refreshToken } }).refresh).toBe(
          refreshToken,
        );
      }),
    );
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.integer({ min: 200, max: 599 }), (body, status) => {
        expect(readTokenAnswer(httpAnswer({ status, body }), NOW_MS).answer.kind).toBeTypeOf('string');
      }),
    );
  });
});

describe('hints', () => {
  const hintsOf = (access: Record<string, unknown>, refresh: Record<string, unknown>) =>
    tokensOf({ body: { ...good, access_token: imsToken(access), refresh_token: imsToken(refresh) } }).hints;

  it('come from rtea, and from the life the refresh token claims', () => {
    const hints = hintsOf(
      { rtea: '1796500000000' },
      { created_at: '1795000000000', expires_in: '1209600000' },
    );
    expect(hints).toEqual({ rteaMs: 1796500000000, refreshTokenExpiresAtMs: 1796209600000 });
  });

  it.each([
    [{ rtea: 'soon' }, { created_at: 'then', expires_in: '1' }],
    [{ rtea: 1796500000 }, { created_at: 1795000000, expires_in: 1209600 }],
    [{ rtea: null }, { created_at: '1795000000000' }],
    [{ rtea: '99999999999999999999' }, { expires_in: '1209600000' }],
    [{ rtea: {} }, {}],
    [{ rtea: '1796500000000000' }, { created_at: '1795000000000', expires_in: '9999999999999999' }],
    [{ rtea: '8640000000000000' }, { created_at: '1795000000000', expires_in: 1e308 }],
  ])('that are not epoch milliseconds are not there: %j %j', (access, refresh) => {
    expect(hintsOf(access, refresh)).toEqual({});
  });

  it('are read from padded and unpadded base64url alike', () => {
    const claims = Buffer.from(JSON.stringify({ rtea: '1796500000000', x: '?>?>' }));
    const padded = claims.toString('base64').replaceAll('+', '-').replaceAll('/', '_');
    expect(padded).toContain('=');
    for (const part of [padded, claims.toString('base64url')]) {
      expect(tokensOf({ body: { ...good, access_token: `h.${part}.s` } }).hints).toEqual({
        rteaMs: 1796500000000,
      });
    }
  });
});
