import { describe, expect, test } from 'vitest';
import { PlatformError, reasonInLog } from '../../../functions/core/platform-error.ts';

describe('A platform error', () => {
  test('keeps its code, the reason and the cause', () => {
    const cause = new Error('foreign');
    const fault = new PlatformError('KEY_UNAVAILABLE', 'KMS did not answer.', {
      cause,
      reason: 'TimeoutError',
    });
    expect(fault).toBeInstanceOf(Error);
    expect(fault).toMatchObject({
      name: 'PlatformError',
      code: 'KEY_UNAVAILABLE',
      message: 'KMS did not answer.',
      reason: 'TimeoutError',
      cause,
    });
  });

  test('has no cause where none was given', () => {
    expect(new PlatformError('SEAL_BROKEN', 'Broken.')).not.toHaveProperty('cause');
  });

  test('does not print its cause as text or JSON', () => {
    const fault = new PlatformError('STORE_UNAVAILABLE', 'No answer.', { cause: new Error('planted') });
    expect(`${fault} ${JSON.stringify(fault)}`).not.toContain('planted');
  });

  test('is named by its code in a log line, and another error by its name', () => {
    expect(reasonInLog(new PlatformError('ACCESS_DENIED', 'No.'))).toBe('ACCESS_DENIED');
    expect(reasonInLog(new RangeError('planted'))).toBe('RangeError');
    expect(reasonInLog('planted')).toBe('unknown');
  });
});
