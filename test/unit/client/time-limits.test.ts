import { getEventListeners } from 'node:events';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { withinTimeLimit } from '../../../client/bounded-http.ts';
import { until } from '../../support/time/until.ts';
import { type Answer, clientFixture, ID, tokenAnswer } from './client-fixture.ts';
import { directFixture } from './direct-read-fixture.ts';

/** No response comes: the request ends only with its signal. */
function neverAnswer({ signal }: { signal: AbortSignal }) {
  return new Promise<never>((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
}

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
});
afterEach(() => {
  vi.useRealTimers();
});

describe('a call without an answer ends', () => {
  test('after 31 seconds at the vault, twice, and is unreachable', async () => {
    const { client, calls } = clientFixture(neverAnswer);
    const asked = expect(client.status(ID)).rejects.toMatchObject({
      code: 'vault_unreachable',
      cause: { name: 'TimeoutError' },
    });
    for (const attempt of [1, 2]) {
      await until(() => calls.length === attempt);
      await vi.advanceTimersByTimeAsync(31_000);
    }
    await asked;
  });

  test('after 1.5 seconds at AWS, and the vault is asked', async () => {
    const { client, store, operations } = directFixture({
      interfere: (call) => (call.operation === 'GetItem' ? neverAnswer(call) : undefined),
    });
    store('stored');
    const asked = client.getAccessToken(ID);
    await until(() => operations().length > 0);
    expect(operations()).toEqual(['GetItem']);
    await vi.advanceTimersByTimeAsync(1500);
    expect((await asked).accessToken).toBe('over-https');
    expect(operations()).toEqual(['GetItem', 'https']);
  });
});

test.each<[string, Answer]>([
  ['is answered', () => Response.json({ state: 'active' })],
  ['fails', () => Response.json({ message: 'Forbidden' }, { status: 403 })],
])('a call that %s leaves no listener on the caller’s signal, and no timer', async (_, answer) => {
  const listeners: number[] = [];
  const { signal } = new AbortController();
  const count = (): void => {
    listeners.push(getEventListeners(signal, 'abort').length);
  };
  const { client } = clientFixture((call, number) => {
    count();
    return answer(call, number);
  });
  await client.status(ID, { signal }).catch(() => undefined);
  count();
  expect(listeners).toEqual([1, 0]);
  expect(vi.getTimerCount()).toBe(0);
});

/** https://github.com/nodejs/node/issues/57736 */
test('a time limit outlives a garbage collection', async () => {
  vi.useRealTimers();
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  const asked = withinTimeLimit(20, new AbortController().signal, (signal) => neverAnswer({ signal }));
  setImmediate(collect);
  await expect(asked).rejects.toMatchObject({ name: 'TimeoutError' });
});

test('a caller that aborts gets its own reason, not a timeout', async () => {
  const caller = new AbortController();
  const asked = withinTimeLimit(60_000, caller.signal, (signal) => neverAnswer({ signal }));
  caller.abort(new Error('enough'));
  await expect(asked).rejects.toThrow('enough');
  const never = vi.fn(async () => tokenAnswer('t'));
  await expect(withinTimeLimit(60_000, caller.signal, never)).rejects.toThrow('enough');
  expect(never).not.toHaveBeenCalled();
});
