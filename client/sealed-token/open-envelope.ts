import { createDecipheriv } from 'node:crypto';
import { type Envelope, TAG_BYTES } from './envelope.ts';
import { additionalDataOf, type TokenBinding } from './seal-binding.ts';

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
