import { describe, expect, test } from 'vitest';
import { DYNAMODB_ERRORS, toPlatformError } from '../../../functions/adapters/aws/aws-errors.ts';

function errorOf(fields: object) {
  return Object.assign(new Error('foreign message'), fields);
}

describe('a failed call to DynamoDB', () => {
  test.each([
    ['a missing permission', { name: 'AccessDeniedException' }, 'ACCESS_DENIED', 'AccessDeniedException'],
    ['throttling', { name: 'ThrottlingException' }, 'STORE_UNAVAILABLE', 'ThrottlingException'],
    ['a time limit', { name: 'TimeoutError', code: 'ETIMEDOUT' }, 'STORE_UNAVAILABLE', 'ETIMEDOUT'],
    ['a reset', { name: 'TimeoutError', code: 'ECONNRESET' }, 'STORE_UNAVAILABLE', 'ECONNRESET'],
    ['a connection never made', { name: 'TimeoutError' }, 'STORE_UNAVAILABLE', 'TimeoutError'],
    ['a refused connection', { code: 'ECONNREFUSED' }, 'STORE_UNAVAILABLE', 'ECONNREFUSED'],
    ['anything else', {}, 'STORE_UNAVAILABLE', 'Error'],
  ])('of %s has a stable code and a reason', (_, fields, code, reason) => {
    const cause = errorOf(fields);
    expect(toPlatformError(DYNAMODB_ERRORS, cause)).toMatchObject({ code, reason, cause });
  });

  test('does not repeat the foreign message', () => {
    expect(toPlatformError(DYNAMODB_ERRORS, errorOf({})).message).not.toContain('foreign');
  });

  test('takes what is no error at all', () => {
    expect(toPlatformError(DYNAMODB_ERRORS, 'text')).toMatchObject({
      code: 'STORE_UNAVAILABLE',
      reason: undefined,
      cause: 'text',
    });
  });
});
