import { describe, expect, it } from 'vitest';
import { readTokenError } from '../../../../functions/adapters/ims/error-answer.ts';
import { httpAnswer } from './http-answers.ts';

const NOW_MS = Date.UTC(2026, 10, 22, 12, 0, 0);

function read(parts: Parameters<typeof httpAnswer>[0]) {
  return readTokenError(httpAnswer(parts), NOW_MS);
}

function error(code: string, more: object = {}) {
  return { error: code, ...more };
}

describe('an answer without tokens', () => {
  it.each([
    ['access_denied', { kind: 'refused', error: 'access_denied' }],
    ['invalid_grant', { kind: 'refused', error: 'invalid_grant' }],
    ['invalid_client', { kind: 'misconfigured', error: 'invalid_client' }],
    ['unauthorized_client', { kind: 'misconfigured', error: 'unauthorized_client' }],
    ['invalid_scope', { kind: 'misconfigured', error: 'invalid_scope' }],
    ['bad_request', { kind: 'misconfigured', error: 'bad_request' }],
    ['ride_AdobeID_acct_terms', { kind: 'user-action', error: 'ride_AdobeID_acct_terms' }],
    ['interaction_required', { kind: 'user-action', error: 'interaction_required' }],
    ['consent_required', { kind: 'user-action', error: 'consent_required' }],
    ['invalid_token', { kind: 'unexpected', status: 400, error: 'invalid_token' }],
    ['never_seen', { kind: 'unexpected', status: 400, error: 'never_seen' }],
  ])('400 %s', (code, expected) => {
    expect(read({ status: 400, body: error(code) })).toEqual(expected);
  });

  it.each([
    [404, '', { kind: 'unexpected', status: 404 }],
    [404, '<html>', { kind: 'unexpected', status: 404 }],
    [403, '', { kind: 'unexpected', status: 403 }],
    [400, 'access_denied', { kind: 'unexpected', status: 400 }],
    [400, '["access_denied"]', { kind: 'unexpected', status: 400 }],
    [400, '{"error":{"x":1}}', { kind: 'unexpected', status: 400 }],
    [400, '{"error":"has spaces and\\nlines"}', { kind: 'unexpected', status: 400 }],
  ])('%i with the body %j does not end the grant', (status, body, expected) => {
    expect(read({ status, body })).toEqual(expected);
  });

  it.each([
    ['', 'unauthorized'],
    ['<html>Unauthorized, see /ims/token/v3</html>', 'unauthorized'],
    [error('Unauthorized', { path: '/ims/token/v3' }), 'unauthorized'],
    [error('invalid_client'), 'invalid_client'],
    [error(' INVALID_CLIENT\n'), 'invalid_client'],
  ])('401 without words about a token speaks of our credential: %j', (body, code) => {
    expect(read({ status: 401, body })).toEqual({ kind: 'misconfigured', error: code });
  });

  it.each([
    [error('access_denied'), { kind: 'refused', error: 'access_denied' }],
    [error('invalid_grant'), { kind: 'refused', error: 'invalid_grant' }],
    [error('ride_AdobeID_acct_terms'), { kind: 'user-action', error: 'ride_AdobeID_acct_terms' }],
    [error('consent_required'), { kind: 'user-action', error: 'consent_required' }],
    [error('invalid_scope'), { kind: 'misconfigured', error: 'invalid_scope' }],
    [error('invalid_token'), { kind: 'unexpected', status: 401, error: 'invalid_token' }],
    [error('never_seen'), { kind: 'unexpected', status: 401, error: 'never_seen' }],
    [{ message: 'Oauth token is not valid' }, { kind: 'unexpected', status: 401 }],
  ])('words about the grant win over the status 401: %j', (body, expected) => {
    expect(read({ status: 401, body })).toEqual(expected);
  });

  it.each([
    ['Bearer realm="ims", error="invalid_grant"', { kind: 'refused', error: 'invalid_grant' }],
    ['Bearer error=invalid_token', { kind: 'unexpected', status: 401, error: 'invalid_token' }],
    ['Basic realm="ims"', { kind: 'misconfigured', error: 'unauthorized' }],
    ['Basic realm="no error here"', { kind: 'misconfigured', error: 'unauthorized' }],
  ])('401 may say it in its challenge: %s', (challenge, expected) => {
    expect(read({ status: 401, headers: { 'www-authenticate': challenge } })).toEqual(expected);
  });

  it('401 that broke off is not believed: its words may be missing', () => {
    const cut = read({ status: 401, body: '{"error":"invalid_gr', complete: false });
    expect(cut).toEqual({ kind: 'unknown', reason: 'malformed' });
  });

  it.each(['Access_Denied', ' access_denied ', 'ACCESS_DENIED\r\n'])(
    'a code is known in any case and with white space around it: %j',
    (code) => {
      const refused = { kind: 'refused', error: 'access_denied' };
      expect(read({ status: 400, body: error(code) })).toEqual(refused);
    },
  );

  it.each([400, 401, 403])('%i with invalid_client speaks of our credential', (status) => {
    const expected = { kind: 'misconfigured', error: 'invalid_client' };
    expect(read({ status, body: error('invalid_client') })).toEqual(expected);
  });

  it.each([404, 405, 410, 415])('%i does not end the grant, whatever its text', (status) => {
    const expected = { kind: 'unexpected', status, error: 'invalid_grant' };
    expect(read({ status, body: error('invalid_grant') })).toEqual(expected);
  });

  it.each(['invalid client_secret parameter', 'invalid client_id parameter'])(
    'a description of "%s" speaks of our credential under any error',
    (error_description) => {
      const answer = read({ status: 400, body: error('access_denied', { error_description }) });
      expect(answer).toEqual({ kind: 'misconfigured', error: 'invalid_client' });
    },
  );

  it.each([400, 403, 429, 500, 503, 200])('a ride error asks for the user under status %i', (status) => {
    expect(read({ status, body: error('ride_AdobeID_acct_evs') }).kind).toBe('user-action');
  });

  it.each([500, 502, 504, 503, 599])('%i says nothing about the grant, whatever its body', (status) => {
    expect(read({ status, body: error('access_denied') })).toEqual({
      kind: 'unknown',
      reason: 'server-error',
    });
  });

  it.each([301, 302, 303, 307, 204])('%i is not followed and says nothing', (status) => {
    const headers = { location: 'https://evil.example/' };
    expect(read({ status, headers })).toEqual({ kind: 'unknown', reason: 'malformed' });
  });

  it('a refusal that broke off is not believed', () => {
    const answer = read({ status: 400, body: error('access_denied'), complete: false });
    expect(answer).toEqual({ kind: 'unknown', reason: 'malformed' });
  });
});

describe('waiting', () => {
  const waitOf = (parts: Parameters<typeof httpAnswer>[0]) => {
    const answer = read(parts);
    return answer.kind === 'wait' ? answer.retryAfterMs : answer.kind;
  };

  it.each([
    ['seconds', { 'retry-after': '7' }, '', 7_000],
    ['an HTTP date', { 'retry-after': 'Sun, 22 Nov 2026 12:00:30 GMT' }, '', 30_000],
    ['a date that has passed', { 'retry-after': 'Sun, 22 Nov 2026 11:00:00 GMT' }, '', 1_000],
    ['zero seconds', { 'retry-after': '0' }, '', 1_000],
    ['the body', {}, { retryAfter: 20 }, 20_000],
    ['the body, as a string', {}, { retryAfter: '20' }, 20_000],
    ['the header before the body', { 'retry-after': '7' }, { retryAfter: 20 }, 7_000],
    ['nothing', {}, '', 10_000],
    ['a date in an older form', { 'retry-after': 'Sunday, 22-Nov-26 12:00:30 GMT' }, '', 30_000],
    ['a date of a program', { 'retry-after': '2026-11-22T12:00:30Z' }, '', 30_000],
    ['a date far ahead', { 'retry-after': 'Sun, 22 Nov 2099 12:00:30 GMT' }, '', 86_400_000],
    ['a date beyond the calendar', { 'retry-after': 'Fri, 31 Dec 9999 23:59:59 GMT' }, '', 10_000],
    ['a text that only a lenient reader takes for a date', { 'retry-after': 'a 1' }, '', 10_000],
    ['nonsense', { 'retry-after': 'later' }, { retryAfter: 'never' }, 10_000],
    ['half a minute below zero', { 'retry-after': '-30' }, '', 10_000],
    ['a year', { 'retry-after': '31536000' }, '', 86_400_000],
  ])('429 with %s', (_name, headers, body, expected) => {
    expect(waitOf({ status: 429, headers: { ...headers }, body })).toBe(expected);
  });

  it.each([500, 502, 503, 504, 599])(
    '%i waits when it says for how long, and is a server error otherwise',
    (status) => {
      expect(waitOf({ status, headers: { 'retry-after': '120' } })).toBe(120_000);
      expect(waitOf({ status })).toBe('unknown');
      expect(waitOf({ status, headers: { 'retry-after': 'soon' } })).toBe('unknown');
    },
  );
});

describe('an answer that asks to wait', () => {
  it.each([
    [429, undefined],
    [500, true],
    [503, true],
  ])('%i with Retry-After says whether IMS may have acted', (status, mayBeUsed) => {
    const answer = read({ status, headers: { 'retry-after': '7' } });
    expect(answer).toEqual({ kind: 'wait', retryAfterMs: 7_000, ...(mayBeUsed && { mayBeUsed }) });
  });
});

describe('a jump', () => {
  const jumpOf = (jump: unknown) => {
    const answer = read({ status: 400, body: error('ride_AdobeID_acct_terms', { jump }) });
    return answer.kind === 'user-action' ? answer.jumpUrl : 'no user action';
  };

  it.each([
    'https://auth.services.adobe.com/terms?x=1',
    'https://adobe.com/',
    'https://ims-na1.adobelogin.com/jump',
    'https://ADOBE.com/',
  ])('to %s is offered', (jump) => {
    expect(jumpOf(jump)).toBe(new URL(jump).href);
  });

  it.each([
    'http://auth.services.adobe.com/',
    'https://notadobe.com/',
    'https://adobe.com.evil.example/',
    'https://adobe.com@evil.example/',
    'https://user@adobe.com/',
    'https://adobe.com:8443/',
    'https://evil.example/adobe.com',
    'https://xadobelogin.com/',
    'https://adobe.com./',
    'javascript:alert(1)',
    '//adobe.com/',
    '',
    7,
    `https://adobe.com/${'x'.repeat(3_000)}`,
  ])('to %s is not', (jump) => {
    expect(jumpOf(jump)).toBeUndefined();
  });
});
