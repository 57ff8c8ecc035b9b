import { describe, expect, it } from 'vitest';
import { problem } from '../../../functions/adapters/http/problem.ts';

describe('a problem document', () => {
  it('carries the stable code, the status and the sentence for the developer', () => {
    const result = problem('invalid_request', { detail: 'min_ttl: a number was expected.' });
    expect(result.statusCode).toBe(400);
    expect(result.headers['content-type']).toBe('application/problem+json');
    expect(JSON.parse(result.body)).toEqual({
      type: 'urn:adobe-token-vault:problem:invalid_request',
      title: 'The request is not valid.',
      status: 400,
      code: 'invalid_request',
      detail: 'min_ttl: a number was expected.',
    });
  });

  it('says when to retry where a retry helps', () => {
    expect(problem('temporarily_unavailable').headers['retry-after']).toBe('5');
    expect(problem('temporarily_unavailable', { retryAfterSeconds: 0.2 }).headers['retry-after']).toBe('1');
    expect(problem('connection_not_found').headers['retry-after']).toBeUndefined();
  });

  it('does not let extensions change what it is', () => {
    const result = problem('not_found', { extensions: { status: 200, code: 'fine', maximum: 3 } });
    expect(JSON.parse(result.body)).toMatchObject({ status: 404, code: 'not_found', maximum: 3 });
  });
});
