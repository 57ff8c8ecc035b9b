import { expect, it } from 'vitest';
import {
  createSystemClock,
  createSystemRandom,
} from '../../../../functions/adapters/system/clock-and-random.ts';

it('the monotonic clock never runs backwards', async () => {
  const clock = createSystemClock();
  const before = clock.monotonicMs();
  await clock.sleep(1);
  expect(clock.monotonicMs()).toBeGreaterThanOrEqual(before);
});

it('a sleep of a negative time ends at once', async () => {
  await expect(createSystemClock().sleep(-5)).resolves.toBeUndefined();
});

it('random bytes have the length asked for and are not shared', () => {
  const random = createSystemRandom();
  expect(random.bytes(16)).toHaveLength(16);
  expect(random.bytes(16)).not.toEqual(random.bytes(16));
});
