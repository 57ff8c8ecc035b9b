import { DecryptCommand } from '@aws-sdk/client-kms';
import { type Envelope, parseEnvelope } from '../../client/sealed-token/envelope.ts';
import { encryptionContextOf } from '../../client/sealed-token/seal-binding.ts';
import { PlatformFault } from '../../core/domain/platform-fault.ts';
import type { SealBinding } from '../../core/domain/sealed-token.ts';
import type { TokenOpener } from '../../core/ports/token-sealer.ts';
import { KMS_CALL_TIMEOUT_MS } from './kms-client.ts';
import { toKmsFault } from './kms-fault.ts';
import { type KmsKeys, keyArnFor } from './kms-keys.ts';
import { openWithDataKey } from './seal-with-data-key.ts';

export function createTokenOpener(deps: KmsKeys): TokenOpener {
  return {
    async open(sealed, binding) {
      const envelope = parseEnvelope(sealed);
      if (!envelope) {
        throw new PlatformFault('SEAL_BROKEN', 'These bytes are not a sealed token of a known format.', {
          reason: 'UnknownFormat',
        });
      }
      const key = await unwrap(deps, envelope, binding);
      try {
        return openWithDataKey(envelope, binding, key);
      } finally {
        key.fill(0);
      }
    },
  };
}

async function unwrap(deps: KmsKeys, envelope: Envelope, binding: SealBinding): Promise<Uint8Array> {
  const command = new DecryptCommand({
    // Naming the key keeps KMS from trying another one that the blob claims.
    KeyId: keyArnFor(deps, binding.purpose),
    CiphertextBlob: envelope.wrappedKey,
    EncryptionContext: encryptionContextOf(binding),
  });
  try {
    const answer = await deps.kms.send(command, { abortSignal: AbortSignal.timeout(KMS_CALL_TIMEOUT_MS) });
    if (!answer.Plaintext) throw new TypeError('KMS answered without a data key.');
    return answer.Plaintext;
  } catch (error) {
    throw toKmsFault(error);
  }
}
