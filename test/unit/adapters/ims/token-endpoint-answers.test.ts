import { describe, expect, it } from 'vitest';
import { isTokenEndpoint } from '../../../../functions/adapters/ims/error-answer.ts';
import { createIms, NO_GRANT } from '../../../../functions/adapters/ims/ims-client.ts';
import { Secret } from '../../../../functions/core/secret.ts';
import { httpAnswer } from './http-answers.ts';

const NOW_MS = Date.UTC(2026, 10, 22, 12, 0, 0);
const isOwn = (status: number, body: unknown, complete = true) =>
  isTokenEndpoint(httpAnswer({ status, body, complete }), NOW_MS);

describe('An answer to a post without a grant', () => {
  it.each([
    [400, 'access_denied'],
    [400, 'invalid_grant'],
    [401, 'invalid_grant'],
    [400, 'bad_request'],
    [400, 'invalid_request'],
    [400, 'unsupported_grant_type'],
    [400, 'invalid_token'],
  ])('%i %s is the token endpoint’s own', (status, error) => {
    expect(isOwn(status, { error })).toBe(true);
  });

  it.each<[string, number, unknown, boolean?]>([
    ['a page of a content network', 403, '<html>Access Denied</html>'],
    ['its JSON', 403, { error: 'access_denied' }],
    ['JSON of an API gateway', 403, { error_code: '403000', message: 'Api Key is invalid' }],
    ['a 404', 404, { error: 'invalid_request' }],
    ['an empty 400', 400, ''],
    ['a 400 with a word that is not OAuth’s', 400, { error: 'blocked' }],
    ['an answer that broke off', 400, { error: 'invalid_grant' }, false],
    ['a 503', 503, { error: 'invalid_grant' }],
    ['a 429', 429, { error: 'invalid_request' }],
    ['a refused credential', 401, { error: 'invalid_client' }],
    ['a 200 without tokens', 200, { error: 'invalid_grant' }],
    ['what asks the user to act', 400, { error: 'ride_AdobeID_acct_terms' }],
  ])('%s is not', (_, status, body, complete = true) => {
    expect(isOwn(status, body, complete)).toBe(false);
  });

  it('carries a made-up refresh token, once', async () => {
    const bodies: string[] = [];
    const fetcher: typeof fetch = async (_, init) => {
      bodies.push(String(init?.body));
      return new Response('{"error":"access_denied"}', { status: 400 });
    };
    const ims = createIms({
      imsBaseUrl: 'https://ims.example',
      clientId: 'client',
      clock: { nowMs: () => NOW_MS },
      fetch: fetcher,
    });
    const clientSecret = new Secret('s');
    expect(await ims.answersWithoutGrant({ clientSecret, timeoutMs: 1_000 })).toBe(true);
    expect(bodies.map((body) => new URLSearchParams(body).get('refresh_token'))).toEqual([NO_GRANT.reveal()]);
  });
});
