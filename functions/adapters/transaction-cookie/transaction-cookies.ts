import { createHash, timingSafeEqual } from 'node:crypto';
import {
  type AuthorizationTransaction,
  TRANSACTION_LIFE_MS,
  TRANSACTION_MEMORY_MS,
} from '../../core/consent/transaction.ts';
import type { CookieKeySource, TransactionKeeper } from '../../core/ports/consents.ts';
import type { Clock } from '../../core/ports/platform.ts';
import {
  cookieBytes,
  cookieNameOf,
  dropCookie,
  looksEncrypted,
  setCookie,
  type TransactionCookie,
  transactionCookies,
} from './transaction-cookie.ts';
import { createTransactionEncryption, type TransactionEncryption } from './transaction-encryption.ts';
import { decodeTransaction, encodeTransaction } from './transaction-json.ts';

/** Beside 1 KB or more of authorization code, in the gateway's 10,240 bytes, and never near the browser's 4,096 each. */
const MAX_COOKIE_BYTES = 1000;
const MAX_COOKIES = 3;
const MAX_TOTAL_BYTES = 2500;
/** More than we ever set were not set by us: they are not worth decrypting. */
const MAX_READ = 8;

export interface TransactionCookiesDeps {
  readonly keys: CookieKeySource;
  readonly clock: Pick<Clock, 'nowMs'>;
}

interface HeldCookie {
  readonly cookie: TransactionCookie;
  /** Absent when it cannot be opened. */
  readonly attempt: AuthorizationTransaction | undefined;
}

export function createTransactionCookies({ keys, clock }: TransactionCookiesDeps): TransactionKeeper {
  const encryption = createTransactionEncryption(keys);
  return {
    async keep(attempt, cookies) {
      const cookie = {
        name: cookieNameOf(attempt.state),
        value: await encryption.encrypt(encodeTransaction(attempt)),
      };
      if (cookieBytes(cookie) > MAX_COOKIE_BYTES) throw new RangeError('A transaction cookie is too large.');
      const all = transactionCookies(cookies);
      const held = await Promise.all(all.slice(0, MAX_READ).map((one) => open(encryption, one)));
      const dropped = [...all.slice(MAX_READ), ...leaving(held, cookieBytes(cookie), clock.nowMs())];
      return [...dropped.map(dropCookie), setCookie(cookie, TRANSACTION_MEMORY_MS / 1000)];
    },
    async find(state, cookies) {
      const name = cookieNameOf(state);
      const [cookie, ...doubled] = transactionCookies(cookies).filter((one) => one.name === name);
      if (cookie === undefined || doubled.length > 0) return undefined;
      const { attempt } = await open(encryption, cookie);
      return attempt !== undefined && isSame(attempt.state, state) ? attempt : undefined;
    },
  };
}

async function open(encryption: TransactionEncryption, cookie: TransactionCookie): Promise<HeldCookie> {
  const text = looksEncrypted(cookie) ? await encryption.decrypt(cookie.value) : undefined;
  return { cookie, attempt: text === undefined ? undefined : decodeTransaction(text) };
}

/** What has to go so that a new cookie fits: the unreadable, the expired, and then the oldest. */
function leaving(held: readonly HeldCookie[], newBytes: number, nowMs: number): readonly TransactionCookie[] {
  const isLive = ({ attempt }: HeldCookie) =>
    attempt !== undefined && attempt.startedAtMs + TRANSACTION_LIFE_MS > nowMs;
  const newestFirst = held
    .filter(isLive)
    .sort((one, other) => (other.attempt?.startedAtMs ?? 0) - (one.attempt?.startedAtMs ?? 0));
  const staying = new Set<HeldCookie>();
  let bytes = newBytes;
  for (const one of newestFirst) {
    bytes += cookieBytes(one.cookie);
    if (staying.size >= MAX_COOKIES - 1 || bytes > MAX_TOTAL_BYTES) break;
    staying.add(one);
  }
  return held.filter((one) => !staying.has(one)).map(({ cookie }) => cookie);
}

/** Constant time. The name of a cookie says nothing: only what is encrypted in it counts. */
function isSame(one: string, other: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(one), digest(other));
}
