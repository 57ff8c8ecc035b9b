import { createHash } from 'node:crypto';
import { CompactEncrypt, compactDecrypt, errors } from 'jose';
import * as v from 'valibot';
import { tryCookieKeys } from '../../core/consent/cookie-keys.ts';
import {
  type AuthorizationTransaction,
  isAppState,
  isRandomHandle,
  type TransactionTarget,
} from '../../core/consent/transaction.ts';
import { defined } from '../../core/defined.ts';
import type { CookieKeySource } from '../../core/ports/consents.ts';
import { Secret } from '../../core/secret.ts';

/** Distinguishes these cookies from anything else that may be encrypted with the same secret one day. */
const PURPOSE = 'adobe-token-vault transaction cookie v1';
const ALGORITHMS = { keyManagementAlgorithms: ['dir'], contentEncryptionAlgorithms: ['A256GCM'] };
const JWE_PATTERN = /^[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]*){4}$/;
const MAX_JWE_LENGTH = 4096;

export interface TransactionEncryption {
  encrypt(transaction: AuthorizationTransaction): Promise<string>;
  /** Absent when it is damaged, forged, of another layout, or encrypted with a key that is gone. */
  decrypt(value: string): Promise<AuthorizationTransaction | undefined>;
}

/**
 * JWE compact serialization with direct encryption.
 * @see https://www.rfc-editor.org/rfc/rfc7516#section-3.1
 * @see https://www.rfc-editor.org/rfc/rfc7518#section-4.5
 */
export function createTransactionEncryption(keys: CookieKeySource): TransactionEncryption {
  return {
    async encrypt(transaction) {
      const { current } = await keys.read();
      return new CompactEncrypt(new TextEncoder().encode(encodeTransaction(transaction)))
        .setProtectedHeader({ alg: 'dir', enc: 'A256GCM' })
        .encrypt(keyOf(current));
    },
    async decrypt(value) {
      if (value.length > MAX_JWE_LENGTH || !JWE_PATTERN.test(value)) return undefined;
      const text = await tryCookieKeys(keys, (key) => decryptWith(value, key));
      return text === undefined ? undefined : decodeTransaction(text);
    },
  };
}

async function decryptWith(jwe: string, secret: Secret): Promise<string | undefined> {
  if (!jwe.split('.').every(isCanonical)) return undefined;
  try {
    const { plaintext } = await compactDecrypt(jwe, keyOf(secret), ALGORITHMS);
    return new TextDecoder().decode(plaintext);
  } catch (error) {
    if (error instanceof errors.JOSEError) return undefined;
    throw error;
  }
}

/** With padding, or with other spare bits in the last character, several texts would stand for one cookie. */
function isCanonical(part: string): boolean {
  return Buffer.from(part, 'base64url').toString('base64url') === part;
}

/** The secret is 256 random bits in some text form. Its hash is the key. */
function keyOf(secret: Secret): Uint8Array {
  return createHash('sha256').update(`${PURPOSE}\n${secret.reveal()}`).digest();
}

/** Member names are one letter, because a cookie has to stay below 1,000 bytes. */
const compactTransaction = v.strictObject({
  s: v.string(),
  v: v.string(),
  n: v.optional(v.string()),
  c: v.string(),
  t: v.number(),
  /** Key of the return URL, and the app's state. */
  r: v.optional(v.strictTuple([v.string(), v.custom<string>(isAppState)])),
  /** Id of the consent session. */
  i: v.optional(v.custom<string>(isRandomHandle)),
});

type CompactTransaction = v.InferOutput<typeof compactTransaction>;

function encodeTransaction(transaction: AuthorizationTransaction): string {
  const { state, codeVerifier, nonce, connectionCode, startedAtMs, target } = transaction;
  const compact: CompactTransaction = {
    s: state,
    v: codeVerifier.reveal(),
    ...defined({ n: nonce }),
    c: connectionCode.reveal(),
    t: startedAtMs,
    ...(target.kind === 'return' && { r: [target.returnUrlKey, target.appState] as [string, string] }),
    ...(target.kind === 'session' && { i: target.sessionId }),
  };
  return JSON.stringify(compact);
}

/** Absent when the text has another layout, such as that of an older release. */
function decodeTransaction(text: string): AuthorizationTransaction | undefined {
  const result = v.safeParse(v.pipe(v.string(), v.parseJson(), compactTransaction), text);
  if (!result.success) return undefined;
  const { s, v: verifier, n, c, t } = result.output;
  return {
    state: s,
    codeVerifier: new Secret(verifier),
    ...defined({ nonce: n }),
    connectionCode: new Secret(c),
    startedAtMs: t,
    target: targetOf(result.output),
  };
}

function targetOf({ r, i }: CompactTransaction): TransactionTarget {
  if (i !== undefined) return { kind: 'session', sessionId: i };
  if (r !== undefined) return { kind: 'return', returnUrlKey: r[0], appState: r[1] };
  return { kind: 'own-page' };
}
