import { expect, it } from 'vitest';
import { connectionFailureOf } from '../../../../functions/adapters/ims/send-request.ts';

function failed(cause: unknown) {
  return new TypeError('fetch failed', { cause });
}

function withCode(code: string) {
  return Object.assign(new Error('x'), { code });
}

it.each([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'UND_ERR_CONNECT_TIMEOUT',
  'CERT_HAS_EXPIRED',
  'ERR_TLS_CERT_ALTNAME_INVALID',
  'SELF_SIGNED_CERT_IN_CHAIN',
])('%s means that nothing was sent', (code) => {
  expect(connectionFailureOf(failed(withCode(code)))).toBe('unreachable');
});

it.each(['UND_ERR_SOCKET', 'ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'HPE_INVALID_CONSTANT', 'NEVER_SEEN'])(
  'after %s the request may have been processed',
  (code) => {
    expect(connectionFailureOf(failed(withCode(code)))).toBe('reset');
  },
);

it('a refusal by every address of a host means that nothing was sent', () => {
  const all = new AggregateError([withCode('ECONNREFUSED'), withCode('ECONNREFUSED')], 'all');
  expect(connectionFailureOf(failed(Object.assign(all, { code: 'ECONNREFUSED' })))).toBe('unreachable');
});

it('the end of the time limit is a timeout', () => {
  expect(connectionFailureOf(new DOMException('x', 'TimeoutError'))).toBe('timeout');
  expect(connectionFailureOf(failed(new DOMException('x', 'TimeoutError')))).toBe('timeout');
});

it.each([undefined, 'text', 7])('%j is a reset: when in doubt, the request was processed', (thrown) => {
  expect(connectionFailureOf(thrown)).toBe('reset');
});
