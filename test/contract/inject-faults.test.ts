import { describe, expect, test } from 'vitest';
import {
  injectFaults,
  onCall,
  onEvery,
  type PortCall,
  replyLost,
  unreachable,
} from '../support/faults/fault-proxy.ts';

function counting() {
  const done: string[] = [];
  const port = {
    done,
    async write(word: string) {
      done.push(word);
      return word;
    },
    nested: {
      async write(word: string) {
        done.push(`nested ${word}`);
      },
    },
    nowMs: () => 5,
  };
  return port;
}

describe('injected faults', () => {
  test('an unreachable port has no effect', async () => {
    const port = counting();
    const faulty = injectFaults(port, [unreachable('STORE_UNAVAILABLE', onCall('write', 2))]);
    expect(await faulty.write('a')).toBe('a');
    await expect(faulty.write('b')).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
    expect(await faulty.write('c')).toBe('c');
    expect(port.done).toEqual(['a', 'c']);
  });

  test('a port whose reply was lost has taken effect', async () => {
    const port = counting();
    const faulty = injectFaults(port, [replyLost('STORE_UNAVAILABLE', onEvery('nested.write'))]);
    await expect(faulty.nested.write('a')).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
    expect(port.done).toEqual(['nested a']);
  });

  test('a delay lets something else happen first', async () => {
    const port = counting();
    const before = () => void port.done.push('meanwhile');
    const faulty = injectFaults(port, [{ kind: 'delay', when: onCall('write', 1), before }]);
    await faulty.write('a');
    expect(port.done).toEqual(['meanwhile', 'a']);
  });

  test('a synchronous port fails synchronously', () => {
    const faulty = injectFaults(counting(), [unreachable('STORE_UNAVAILABLE', onEvery())]);
    expect(() => faulty.nowMs()).toThrow('Injected');
  });

  test('every call is collected, with its number', async () => {
    const calls: PortCall[] = [];
    const faulty = injectFaults(counting(), [], calls);
    await faulty.write('a');
    await faulty.nested.write('b');
    await faulty.write('c');
    expect(calls.map(({ method, number }) => `${method} ${number}`)).toEqual([
      'write 1',
      'nested.write 1',
      'write 2',
    ]);
  });
});
