import { expect, test } from 'vitest';
import { createTokenBucket } from '../../../local/gateway/gateway-handler.ts';

test('a burst passes, the next request does not, and tokens come back at the rate', () => {
  const take = createTokenBucket({ rateLimit: 2, burstLimit: 3 });
  expect([take(0), take(0), take(0), take(0)]).toEqual([true, true, true, false]);
  expect(take(499)).toBe(false);
  expect(take(1_000)).toBe(true);
});

test('without settings the limits of the account hold', () => {
  const take = createTokenBucket({});
  const passed = Array.from({ length: 5_001 }, () => take(0)).filter(Boolean);
  expect(passed).toHaveLength(5_000);
});
