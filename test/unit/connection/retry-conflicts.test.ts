import { expect, test } from 'vitest';
import { pauseBeforeRetry, retryConflicts } from '../../../functions/core/connection/retry-conflicts.ts';

/** A register that other processes write to before each of the first `conflicts` writes. */
function contendedRegister(conflicts: number) {
  let value = 0;
  const seen: number[] = [];
  const write = async (stored: number) => {
    seen.push(stored);
    if (seen.length <= conflicts) {
      value += 1;
      return 'conflict' as const;
    }
    return `written over ${stored}`;
  };
  return { read: async () => value, write, seen };
}

function recordedPauses() {
  const pauses: number[] = [];
  const clock = { sleep: async (durationMs: number) => void pauses.push(durationMs) };
  return { pauses, clock, random: { bytes: (length: number) => new Uint8Array(length) } };
}

test('each try decides from what is stored then', async () => {
  const { read, write, seen } = contendedRegister(2);
  expect(await retryConflicts({ read, maxTries: 3 }, write)).toBe('written over 2');
  expect(seen).toEqual([0, 1, 2]);
});

test('what the caller has read already serves the first try alone', async () => {
  const { read, write, seen } = contendedRegister(1);
  await retryConflicts({ read, firstRead: { stored: -1 }, maxTries: 2 }, write);
  expect(seen).toEqual([-1, 1]);
});

test('the last conflict ends it, without another pause', async () => {
  const { read, write, seen } = contendedRegister(9);
  const { pauses, ...pauseWith } = recordedPauses();
  expect(await retryConflicts({ read, maxTries: 3, pauseWith }, write)).toBe('contended');
  expect(seen).toHaveLength(3);
  expect(pauses).toEqual([50, 100]);
});

test('an error of the store is passed on and not retried', async () => {
  const failing = retryConflicts({ read: async () => 0, maxTries: 3 }, async () => {
    throw new Error('unreachable');
  });
  await expect(failing).rejects.toThrow('unreachable');
});

test('the pause doubles with each try, and is at least half as long as it could be', async () => {
  const { pauses, ...deps } = recordedPauses();
  for (const triesMade of [1, 2, 3]) await pauseBeforeRetry(deps, triesMade);
  const longest = { ...deps, random: { bytes: (length: number) => new Uint8Array(length).fill(255) } };
  await pauseBeforeRetry(longest, 3);
  expect(pauses.map(Math.round)).toEqual([50, 100, 200, 400]);
});
