import { expect, test } from 'vitest';
import { shortenError } from '../../support/reporter/shorten-error.ts';

function lines(count: number) {
  return Array.from({ length: count }, (_, at) => `line ${at}`).join('\n');
}

function shortened(error: object) {
  const whole = { message: 'm', stack: 's', ...error };
  shortenError(whole);
  return whole as Record<string, unknown>;
}

test('an error that fits on a screen stays as it is', () => {
  const error = { name: 'E', diff: lines(40), code: 'STORE_UNAVAILABLE', $metadata: { attempts: 1 } };
  expect(shortened(error)).toEqual({ message: 'm', stack: 's', ...error });
});

test('a diff of two worlds is its beginning and its end', () => {
  const { diff } = shortened({ diff: lines(5_000) });
  const kept = String(diff).split('\n');
  expect(kept).toHaveLength(41);
  expect([kept[0], kept[28], kept[40]]).toEqual(['line 0', '… 4960 more lines', 'line 4999']);
});

test('a long line is cut', () => {
  expect(shortened({ message: 'a'.repeat(50_000) }).message).toBe(
    `${'a'.repeat(200)}… 49800 more characters`,
  );
});

test('the HTTP response that an AWS SDK error carries is a line, also in a cause', () => {
  const $response = { headers: Array.from({ length: 500 }, (_, at) => ({ [`header-${at}`]: at })) };
  const { cause } = shortened({ cause: { message: 'gone', stack: 's', $response } });
  expect(JSON.stringify(cause).length).toBeLessThan(500);
});

test('the errors of an aggregate are cut one by one, and a cause that leads back ends', () => {
  const inner = { message: 'x'.repeat(1_000), stack: 's', cause: {} };
  inner.cause = inner;
  shortened({ errors: [inner] });
  expect(inner.message).toContain('… 800 more characters');
});
