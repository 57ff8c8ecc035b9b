import { createHash } from 'node:crypto';
import { CompactEncrypt, compactDecrypt, errors } from 'jose';
import type { CookieKeySource, CookieKeys } from '../../core/ports/consents.ts';
import type { Secret } from '../../core/secret.ts';

/** Distinguishes these cookies from anything else that may be encrypted with the same secret one day. */
const PURPOSE = 'adobe-token-vault transaction cookie v1';
const ALGORITHMS = { keyManagementAlgorithms: ['dir'], contentEncryptionAlgorithms: ['A256GCM'] };

export interface TransactionEncryption {
  encrypt(text: string): Promise<string>;
  /** Absent when no accepted key opens it: damaged, forged, or made with a key that is gone. */
  decrypt(jwe: string): Promise<string | undefined>;
}

/**
 * JWE compact serialization with direct encryption.
 * @see https://www.rfc-editor.org/rfc/rfc7516#section-3.1
 * @see https://www.rfc-editor.org/rfc/rfc7518#section-4.5
 */
export function createTransactionEncryption(keys: CookieKeySource): TransactionEncryption {
  return {
    async encrypt(text) {
      const { current } = await keys.read();
      return new CompactEncrypt(new TextEncoder().encode(text))
        .setProtectedHeader({ alg: 'dir', enc: 'A256GCM' })
        .encrypt(keyOf(current));
    },
    async decrypt(jwe) {
      const known = await keys.read();
      const text = await decryptWithEither(jwe, known);
      if (text !== undefined) return text;
      // Made by a process that has read a newer key than this one remembers.
      const newer = await keys.read({ fresh: true }).catch(() => known);
      return newer === known ? undefined : decryptWithEither(jwe, newer);
    },
  };
}

async function decryptWithEither(
  jwe: string,
  { current, previous }: CookieKeys,
): Promise<string | undefined> {
  const text = await decryptWith(jwe, current);
  return text !== undefined || previous === undefined ? text : decryptWith(jwe, previous);
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

/** Bits that the last character has to spare, and padding, would let many texts stand for one cookie. */
const isCanonical = (part: string): boolean => Buffer.from(part, 'base64url').toString('base64url') === part;

/** The secret is 256 random bits in some text form; its hash is the key. */
function keyOf(secret: Secret): Uint8Array {
  return createHash('sha256').update(`${PURPOSE}\n${secret.reveal()}`).digest();
}
