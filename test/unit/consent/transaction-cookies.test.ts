import { describe, expect, it } from 'vitest';
import { createTransactionCookies } from '../../../functions/adapters/transaction-cookie/transaction-cookies.ts';
import type { CookieKeys } from '../../../functions/core/consent/cookie-keys.ts';
import type { AuthorizationTransaction } from '../../../functions/core/consent/transaction.ts';
import { PlatformError } from '../../../functions/core/platform-error.ts';
import type { CookieKeySource } from '../../../functions/core/ports/consents.ts';
import { Secret } from '../../../functions/core/secret.ts';
import { createManualClock } from '../../support/fakes/manual-clock.ts';
import { COOKIE_KEY } from './consent-world.ts';

function keyed(keys: CookieKeys = { current: new Secret(COOKIE_KEY) }) {
  const clock = createManualClock();
  return { clock, cookies: createTransactionCookies({ keys: { read: async () => keys }, clock }) };
}

function transaction(changes: Partial<AuthorizationTransaction> = {}): AuthorizationTransaction {
  return {
    state: 'S'.repeat(22),
    codeVerifier: new Secret('v'.repeat(43)),
    nonce: 'N'.repeat(22),
    connectionCode: new Secret('c'.repeat(43)),
    startedAtMs: createManualClock().nowMs(),
    target: { kind: 'return', returnUrlKey: 'k'.repeat(11), appState: 'a'.repeat(256) },
    ...changes,
  };
}

function pairOf(setCookie: string) {
  return setCookie.split(';')[0] ?? '';
}

function isDrop(setCookie: string) {
  return setCookie.includes('=; Max-Age=0;');
}

describe('transaction cookies', () => {
  it('return the transaction that was kept in them', async () => {
    const { cookies } = keyed();
    const kept = await cookies.keep(transaction(), []);
    const found = await cookies.find('S'.repeat(22), ['other=1', ...kept.map(pairOf)]);
    expect(found?.codeVerifier.reveal()).toBe('v'.repeat(43));
    expect(found?.connectionCode.reveal()).toBe('c'.repeat(43));
    expect(found?.target).toEqual({
      kind: 'return',
      returnUrlKey: 'k'.repeat(11),
      appState: 'a'.repeat(256),
    });
  });

  it('stay below 1,000 bytes with the largest transaction', async () => {
    const { cookies } = keyed();
    const [set = ''] = await cookies.keep(transaction(), []);
    expect(pairOf(set).length).toBeLessThan(1000);
  });

  it('hold at most three transactions, the oldest out, below 2,500 bytes in all', async () => {
    const { cookies, clock } = keyed();
    const jar = new Map<string, string>();
    for (const tab of ['1', '2', '3', '4', '5']) {
      clock.advance(1000);
      const one = transaction({ state: tab.repeat(22), startedAtMs: clock.nowMs() });
      for (const set of await cookies.keep(one, [...jar.values()])) {
        const pair = pairOf(set);
        const name = pair.slice(0, pair.indexOf('='));
        if (isDrop(set)) jar.delete(name);
        else jar.set(name, pair);
      }
      expect(jar.size).toBeLessThanOrEqual(3);
      expect([...jar.values()].join('').length).toBeLessThanOrEqual(2500);
    }
    const held = [...jar.values()];
    expect(await cookies.find('5'.repeat(22), held)).toBeDefined();
    expect(await cookies.find('4'.repeat(22), held)).toBeDefined();
    expect(await cookies.find('1'.repeat(22), held)).toBeUndefined();
  });

  it('hold three transactions of the usual size', async () => {
    const { cookies, clock } = keyed();
    const held: string[] = [];
    for (const tab of ['1', '2', '3']) {
      clock.advance(1000);
      const target = { kind: 'session', sessionId: 'i'.repeat(43) } as const;
      const one = transaction({ state: tab.repeat(22), startedAtMs: clock.nowMs(), target });
      const set = await cookies.keep(one, held);
      expect(set.filter(isDrop)).toEqual([]);
      held.push(...set.map(pairOf));
    }
    for (const tab of ['1', '2', '3']) expect(await cookies.find(tab.repeat(22), held)).toBeDefined();
  });

  it('are removed when they have expired or cannot be decrypted', async () => {
    const { cookies, clock } = keyed();
    const old = await cookies.keep(transaction({ state: 'o'.repeat(22) }), []);
    clock.advance(600_000);
    const garbage = '__Host-vault-0123456789ab=garbage';
    const set = await cookies.keep(transaction({ startedAtMs: clock.nowMs() }), [
      ...old.map(pairOf),
      garbage,
    ]);
    expect(set.filter(isDrop)).toHaveLength(2);
  });

  it('leave other cookies alone', async () => {
    const { cookies } = keyed();
    const set = await cookies.keep(transaction(), ['session=abc', '__Host-other=1', 'nonsense', '=']);
    expect(set).toHaveLength(1);
  });

  it('are not accepted for another state, whatever their name says', async () => {
    const { cookies } = keyed();
    const [mine = ''] = await cookies.keep(transaction({ state: 'm'.repeat(22) }), []);
    const [theirs = ''] = await cookies.keep(transaction({ state: 't'.repeat(22) }), []);
    const nameOf = (set: string) => pairOf(set).split('=')[0];
    const contentOf = (set: string) => pairOf(set).split('=')[1];
    expect(await cookies.find('m'.repeat(22), [`${nameOf(mine)}=${contentOf(theirs)}`])).toBeUndefined();
  });

  it('are not accepted when one name comes twice', async () => {
    const { cookies } = keyed();
    const [set = ''] = await cookies.keep(transaction(), []);
    expect(await cookies.find('S'.repeat(22), [pairOf(set), pairOf(set)])).toBeUndefined();
  });

  it('are not accepted when a single character was changed', async () => {
    const { cookies } = keyed();
    const [set = ''] = await cookies.keep(transaction(), []);
    const pair = pairOf(set);
    const at = pair.length - 40;
    const changed = pair.slice(0, at) + (pair[at] === 'A' ? 'B' : 'A') + pair.slice(at + 1);
    expect(await cookies.find('S'.repeat(22), [changed])).toBeUndefined();
  });

  it('are not accepted when the last character was changed to one that decodes to the same bytes', async () => {
    const { cookies } = keyed();
    const [set = ''] = await cookies.keep(transaction(), []);
    const pair = pairOf(set);
    const [tag = ''] = pair.split('.').slice(-1);
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
    const twins = [...alphabet]
      .map((last) => tag.slice(0, -1) + last)
      .filter((twin) => twin !== tag)
      .filter((twin) => Buffer.from(twin, 'base64url').equals(Buffer.from(tag, 'base64url')));
    expect(twins).toHaveLength(15);
    for (const twin of [...twins, `${tag}=`, `${tag}==`]) {
      const changed = pair.slice(0, -tag.length) + twin;
      expect(await cookies.find('S'.repeat(22), [changed]), twin).toBeUndefined();
    }
  });

  it('are accepted after the key was rotated, but not after it is gone', async () => {
    const [set = ''] = await keyed().cookies.keep(transaction(), []);
    const next = new Secret('another-cookie-key-of-43-random-characters!');
    const rotated = keyed({ current: next, previous: new Secret(COOKIE_KEY) });
    expect(await rotated.cookies.find('S'.repeat(22), [pairOf(set)])).toBeDefined();
    expect(await keyed({ current: next }).cookies.find('S'.repeat(22), [pairOf(set)])).toBeUndefined();
  });

  it('that the keys in memory cannot decrypt cause the secret to be read again, because another process may have a newer key', async () => {
    const next = {
      current: new Secret('another-cookie-key-of-43-random-characters!'),
      previous: new Secret(COOKIE_KEY),
    };
    const [set = ''] = await keyed(next).cookies.keep(transaction(), []);
    const asked: boolean[] = [];
    const read: CookieKeySource['read'] = async ({ fresh = false } = {}) => {
      asked.push(fresh);
      return fresh ? next : { current: new Secret(COOKIE_KEY) };
    };
    const cookies = createTransactionCookies({ keys: { read }, clock: createManualClock() });
    expect(await cookies.find('S'.repeat(22), [pairOf(set)])).toBeDefined();
    expect(asked).toEqual([false, true]);
  });

  it('are not accepted when the secret cannot be read again', async () => {
    const read: CookieKeySource['read'] = async ({ fresh = false } = {}) => {
      if (fresh) throw new PlatformError('SECRET_UNAVAILABLE', 'down');
      return { current: new Secret(COOKIE_KEY) };
    };
    const [set = ''] = await keyed({
      current: new Secret('another-cookie-key-of-43-random-characters!'),
    }).cookies.keep(transaction(), []);
    const cookies = createTransactionCookies({ keys: { read }, clock: createManualClock() });
    expect(await cookies.find('S'.repeat(22), [pairOf(set)])).toBeUndefined();
  });

  it("are not accepted with another algorithm than the vault's", async () => {
    const { cookies } = keyed();
    const [set = ''] = await cookies.keep(transaction(), []);
    const [name, value = ''] = pairOf(set).split('=');
    const header = Buffer.from(JSON.stringify({ alg: 'dir', enc: 'A128CBC-HS256' })).toString('base64url');
    const forged = [header, ...value.split('.').slice(1)].join('.');
    expect(await cookies.find('S'.repeat(22), [`${name}=${forged}`])).toBeUndefined();
  });
});
