import { createDecipheriv } from 'node:crypto';
import { additionalDataOf, type TokenBinding } from './seal-binding.ts';

/**
 * The layout of a sealed token, version 1 (docs/sealed-token-format.md):
 *
 *     magic "ATVS" | format 0x01 | algorithm 0x01 | wrapped key length (2, big-endian) | wrapped key |
 *     nonce (12) | ciphertext (1 or more) | tag (16)
 *
 * Everything up to the nonce is the header, which is authenticated.
 */
export interface Envelope {
  readonly header: Uint8Array;
  /** The data key as KMS wrapped it (`CiphertextBlob`). */
  readonly wrappedKey: Uint8Array;
  readonly nonce: Uint8Array;
  readonly ciphertext: Uint8Array;
  readonly tag: Uint8Array;
}

const MAGIC = Buffer.from('ATVS', 'ascii');
const FORMAT = 1;
/** AES-256-GCM under a data key of AWS KMS. */
const ALGORITHM = 1;
const FIXED_HEADER_BYTES = 8;
/** The most that KMS takes as `CiphertextBlob`. */
const MAX_WRAPPED_KEY_BYTES = 6144;
export const NONCE_BYTES = 12;
export const TAG_BYTES = 16;

export function writeHeader(wrappedKey: Uint8Array): Uint8Array {
  if (wrappedKey.length === 0 || wrappedKey.length > MAX_WRAPPED_KEY_BYTES) {
    throw new TypeError('A wrapped key has 1 to 6144 bytes.');
  }
  const length = Buffer.alloc(2);
  length.writeUInt16BE(wrappedKey.length);
  return Buffer.concat([MAGIC, Buffer.from([FORMAT, ALGORITHM]), length, wrappedKey]);
}

export function writeEnvelope(parts: Omit<Envelope, 'wrappedKey'>): Uint8Array {
  return new Uint8Array(Buffer.concat([parts.header, parts.nonce, parts.ciphertext, parts.tag]));
}

/** Undefined for anything that is not such an envelope; never throws. */
export function parseEnvelope(bytes: Uint8Array): Envelope | undefined {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (buffer.length < FIXED_HEADER_BYTES || !buffer.subarray(0, 4).equals(MAGIC)) return undefined;
  if (buffer[4] !== FORMAT || buffer[5] !== ALGORITHM) return undefined;
  const wrappedKeyBytes = buffer.readUInt16BE(6);
  const nonceAt = FIXED_HEADER_BYTES + wrappedKeyBytes;
  const ciphertextAt = nonceAt + NONCE_BYTES;
  const tagAt = buffer.length - TAG_BYTES;
  if (wrappedKeyBytes === 0 || wrappedKeyBytes > MAX_WRAPPED_KEY_BYTES || tagAt <= ciphertextAt) {
    return undefined;
  }
  return {
    header: buffer.subarray(0, nonceAt),
    wrappedKey: buffer.subarray(FIXED_HEADER_BYTES, nonceAt),
    nonce: buffer.subarray(nonceAt, ciphertextAt),
    ciphertext: buffer.subarray(ciphertextAt, tagAt),
    tag: buffer.subarray(tagAt),
  };
}

export const CIPHER = 'aes-256-gcm';

/** The token inside. Throws when anything of the envelope or the binding is not as it was sealed. */
export function openEnvelope(envelope: Envelope, binding: TokenBinding, dataKey: Uint8Array): string {
  const decipher = createDecipheriv(CIPHER, dataKey, envelope.nonce, { authTagLength: TAG_BYTES });
  decipher.setAAD(additionalDataOf(envelope.header, binding));
  decipher.setAuthTag(envelope.tag);
  const plaintext = Buffer.concat([decipher.update(envelope.ciphertext), decipher.final()]);
  const token = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(plaintext);
  plaintext.fill(0);
  return token;
}
