import { describe, expect, test } from 'vitest';
import { toStoreError } from '../../../../functions/adapters/dynamodb/store-error.ts';

const errorOf = (fields: object) => Object.assign(new Error('foreign message'), fields);

describe('a fault of the store', () => {
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
    expect(toStoreError(cause)).toMatchObject({ code, reason, cause });
  });

  test('does not repeat the foreign message', () => {
    expect(toStoreError(errorOf({})).message).not.toContain('foreign');
  });

  test('takes what is no error at all', () => {
    expect(toStoreError('text')).toMatchObject({
      code: 'STORE_UNAVAILABLE',
      reason: undefined,
      cause: 'text',
    });
  });
});
