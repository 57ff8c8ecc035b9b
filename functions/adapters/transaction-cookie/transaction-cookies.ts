import { createHash, timingSafeEqual } from 'node:crypto';
import {
  type AuthorizationTransaction,
  TRANSACTION_LIFE_MS,
  TRANSACTION_MEMORY_MS,
} from '../../core/consent/transaction.ts';
import type { CookieKeySource, TransactionKeeper } from '../../core/ports/consents.ts';
import type { Clock } from '../../core/ports/platform.ts';
import { createTransactionEncryption, type TransactionEncryption } from './transaction-encryption.ts';

/**
 * `__Host-`: the browser accepts it only with `Secure`, `Path=/` and without `Domain`, so no other host can set it.
 * @see https://datatracker.ietf.org/doc/html/draft-ietf-httpbis-rfc6265bis#section-4.1.3.2
 */
const NAME_PREFIX = '__Host-vault-';
const NAME_DIGEST_LENGTH = 12;
const NAME_PATTERN = /^__Host-vault-[0-9a-f]{12}$/;
/** `Lax`: sent with the top-level navigation that comes back from Adobe, and with no other request from another site. */
const ATTRIBUTES = 'Path=/; Secure; HttpOnly; SameSite=Lax';

/** Leaves room for 1 KB or more of authorization code in the gateway's 10,240 bytes. The browser's limit is 4,096 per cookie. */
const MAX_COOKIE_BYTES = 1000;
const MAX_COOKIES = 3;
const MAX_TOTAL_BYTES = 2500;
/** The vault never sets more than that, so the rest is not worth decrypting. */
const MAX_READ = 8;

interface TransactionCookie {
  readonly name: string;
  readonly value: string;
}

interface OpenedCookie {
  readonly cookie: TransactionCookie;
  /** Absent when the cookie cannot be decrypted. */
  readonly transaction: AuthorizationTransaction | undefined;
}

export interface TransactionCookiesDeps {
  readonly keys: CookieKeySource;
  readonly clock: Pick<Clock, 'nowMs'>;
}

export function createTransactionCookies({ keys, clock }: TransactionCookiesDeps): TransactionKeeper {
  const encryption = createTransactionEncryption(keys);
  return {
    async keep(transaction, cookies) {
      const cookie = {
        name: cookieNameOf(transaction.state),
        value: await encryption.encrypt(transaction),
      };
      if (bytesOf(cookie) > MAX_COOKIE_BYTES) throw new RangeError('A transaction cookie is too large.');
      const all = transactionCookies(cookies);
      const opened = await Promise.all(all.slice(0, MAX_READ).map((one) => open(encryption, one)));
      const dropped = [...all.slice(MAX_READ), ...leaving(opened, bytesOf(cookie), clock.nowMs())];
      return [...dropped.map(dropCookie), setCookie(cookie, TRANSACTION_MEMORY_MS / 1000)];
    },
    async find(state, cookies) {
      const name = cookieNameOf(state);
      const [cookie, ...repeated] = transactionCookies(cookies).filter((one) => one.name === name);
      if (cookie === undefined || repeated.length > 0) return undefined;
      const { transaction } = await open(encryption, cookie);
      return transaction !== undefined && isSame(transaction.state, state) ? transaction : undefined;
    },
  };
}

async function open(encryption: TransactionEncryption, cookie: TransactionCookie): Promise<OpenedCookie> {
  return { cookie, transaction: await encryption.decrypt(cookie.value) };
}

/** The cookies that have to go so that a new one fits: the unreadable, the expired, and then the oldest. */
function leaving(
  opened: readonly OpenedCookie[],
  newBytes: number,
  nowMs: number,
): readonly TransactionCookie[] {
  const isLive = ({ transaction }: OpenedCookie) =>
    transaction !== undefined && transaction.startedAtMs + TRANSACTION_LIFE_MS > nowMs;
  const newestFirst = opened
    .filter(isLive)
    .sort((one, other) => (other.transaction?.startedAtMs ?? 0) - (one.transaction?.startedAtMs ?? 0));
  const staying = new Set<OpenedCookie>();
  let bytes = newBytes;
  for (const one of newestFirst) {
    bytes += bytesOf(one.cookie);
    if (staying.size >= MAX_COOKIES - 1 || bytes > MAX_TOTAL_BYTES) break;
    staying.add(one);
  }
  return opened.filter((one) => !staying.has(one)).map(({ cookie }) => cookie);
}

/** Constant time. The name of a cookie proves nothing: only its encrypted content counts. */
function isSame(one: string, other: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(one), digest(other));
}

/** One cookie per state, so that several tabs do not overwrite each other. */
function cookieNameOf(state: string): string {
  const digest = createHash('sha256').update(state).digest('hex');
  return NAME_PREFIX + digest.slice(0, NAME_DIGEST_LENGTH);
}

function setCookie({ name, value }: TransactionCookie, maxAgeSeconds: number): string {
  return `${name}=${value}; Max-Age=${maxAgeSeconds}; ${ATTRIBUTES}`;
}

function dropCookie({ name }: TransactionCookie): string {
  return setCookie({ name, value: '' }, 0);
}

/** The size of the cookie in a request, which the gateway's limit counts. */
function bytesOf({ name, value }: TransactionCookie): number {
  return name.length + 1 + value.length;
}

/** The transaction cookies among `name=value` pairs. Anything else is ignored. */
function transactionCookies(pairs: readonly string[]): readonly TransactionCookie[] {
  return pairs
    .map((pair) => {
      const at = pair.indexOf('=');
      return { name: pair.slice(0, Math.max(at, 0)).trim(), value: pair.slice(at + 1).trim() };
    })
    .filter(({ name }) => NAME_PATTERN.test(name));
}
