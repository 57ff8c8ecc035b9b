import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';

export type EncryptionContext = Record<string, string>;

/**
 * The stand-in's CiphertextBlob. As on AWS it names its key, so Decrypt needs no KeyId: version (1) | key id length (1)
 * | key id | nonce (12) | tag (16) | ciphertext.
 */
const VERSION = 1;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

export function sealBlob(
  keyId: string,
  material: Uint8Array,
  plaintext: Uint8Array,
  context: EncryptionContext,
): Buffer {
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv('aes-256-gcm', material, nonce).setAAD(aadOf(context));
  const ciphertext = Buffer.concat([cipher.update(plaintext), cipher.final()]);
  const id = Buffer.from(keyId);
  return Buffer.concat([Buffer.from([VERSION, id.length]), id, nonce, cipher.getAuthTag(), ciphertext]);
}

/** The id of the key a blob was made with, or undefined when it is no blob. */
export function keyIdOfBlob(blob: Uint8Array): string | undefined {
  const [version, idLength] = blob;
  if (version !== VERSION || idLength === undefined) return undefined;
  if (blob.length < 2 + idLength + NONCE_BYTES + TAG_BYTES) return undefined;
  return Buffer.from(blob.subarray(2, 2 + idLength)).toString();
}

/** The plaintext, or undefined when blob, key and context do not belong together. */
export function openBlob(
  material: Uint8Array,
  blob: Uint8Array,
  context: EncryptionContext,
): Buffer | undefined {
  const nonceAt = 2 + (blob[1] ?? 0);
  const tagAt = nonceAt + NONCE_BYTES;
  const ciphertextAt = tagAt + TAG_BYTES;
  try {
    const decipher = createDecipheriv('aes-256-gcm', material, blob.subarray(nonceAt, tagAt))
      .setAAD(aadOf(context))
      .setAuthTag(blob.subarray(tagAt, ciphertextAt));
    return Buffer.concat([decipher.update(blob.subarray(ciphertextAt)), decipher.final()]);
  } catch {
    return undefined;
  }
}

/** Pair order does not matter on AWS either. */
function aadOf(context: EncryptionContext): Buffer {
  return Buffer.from(JSON.stringify(Object.entries(context).sort(([a], [b]) => (a < b ? -1 : 1))));
}
