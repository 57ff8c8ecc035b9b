import { createCipheriv } from 'node:crypto';
import {
  type Envelope,
  TAG_BYTES,
  writeEnvelope,
  writeHeader,
} from '../../../client/sealed-token/envelope.ts';
import { CIPHER, openEnvelope } from '../../../client/sealed-token/open-envelope.ts';
import { additionalDataOf } from '../../../client/sealed-token/seal-binding.ts';
import type { SealBinding } from '../../core/connection/sealed-token.ts';
import { PlatformError } from '../../core/platform-error.ts';
import { Secret } from '../../core/secret.ts';

export interface DataKey {
  readonly plaintext: Uint8Array;
  readonly wrapped: Uint8Array;
}

/** AES-256-GCM (NIST SP 800-38D) with a 96-bit nonce. The key is used for this one token only. */
export function sealWithDataKey(
  token: Secret,
  binding: SealBinding,
  key: DataKey,
  nonce: Uint8Array,
): Uint8Array {
  const header = writeHeader(key.wrapped);
  const cipher = createCipheriv(CIPHER, key.plaintext, nonce, { authTagLength: TAG_BYTES });
  cipher.setAAD(additionalDataOf(header, binding));
  const ciphertext = Buffer.concat([cipher.update(token.reveal(), 'utf8'), cipher.final()]);
  return writeEnvelope({ header, nonce, ciphertext, tag: cipher.getAuthTag() });
}

/** @throws PlatformError SEAL_BROKEN when anything of the envelope or the binding is not as it was sealed */
export function openWithDataKey(envelope: Envelope, binding: SealBinding, key: Uint8Array): Secret {
  try {
    return new Secret(openEnvelope(envelope, binding, key));
  } catch (cause) {
    throw new PlatformError('SEAL_BROKEN', 'A sealed token is not authentic under its binding.', {
      cause,
      reason: 'AuthenticationFailed',
    });
  }
}
