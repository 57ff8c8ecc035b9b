import { expect, it } from 'vitest';
import { readRevokeAnswer } from '../../../../functions/adapters/ims/error-answer.ts';
import { httpAnswer } from './http-answers.ts';

function read(parts: Parameters<typeof httpAnswer>[0]) {
  return readRevokeAnswer({ kind: 'answer', answer: httpAnswer(parts) }, Date.UTC(2026, 10, 22));
}

it.each(['invalid_token', 'invalid_grant', 'access_denied', 'token_revoked'])(
  'a 400 that speaks of the token says that it is gone: %s',
  (error) => {
    expect(read({ status: 400, body: { error } })).toEqual({ kind: 'already-gone' });
  },
);

it.each(['', 'what?', '<html>', '{}', '{"error":null}', '{"error":""}', '[]'])(
  'a 400 without an error says so too: %s',
  (body) => {
    expect(read({ status: 400, body })).toEqual({ kind: 'already-gone' });
  },
);

it.each([
  'invalid_request',
  'bad_request',
  'unsupported_token_type',
  'invalid_scope',
  'temporarily_unavailable',
  'never_seen',
])('a 400 that refuses the request itself is tried again, and its error code is kept: %s', (error) => {
  expect(read({ status: 400, body: { error } })).toEqual({ kind: 'retry', error });
});

it('an error that cannot be read is not taken for none', () => {
  for (const error of ['two words', { code: 7 }, 7, ['invalid_token'], 'x'.repeat(101)]) {
    expect(read({ status: 400, body: { error } })).toEqual({ kind: 'retry' });
  }
});

it('a 400 that did not arrive whole is no answer', () => {
  for (const body of ['', '{"error":"invalid_req', { error: 'invalid_token' }]) {
    expect(read({ status: 400, body, complete: false }).kind).toBe('retry');
  }
});

it.each(['invalid_client', 'unauthorized_client'])('a 400 with %s speaks of our credential', (error) => {
  expect(read({ status: 400, body: { error } })).toEqual({ kind: 'misconfigured', error });
});
