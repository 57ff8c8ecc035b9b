import { DecryptCommand } from '@aws-sdk/client-kms';

import { type Envelope, parseEnvelope } from '../../../client/sealed-token/envelope.ts';
import { encryptionContextOf } from '../../../client/sealed-token/seal-binding.ts';
import type { SealBinding } from '../../core/connection/sealed-token.ts';
import { PlatformError } from '../../core/platform-error.ts';
import type { FormerKeyOpener, TokenOpener } from '../../core/ports/sealing.ts';
import type { Secret } from '../../core/secret.ts';
import { KMS_CALL_TIMEOUT_MS } from './kms-client.ts';
import { isOtherKey, toKmsError } from './kms-error.ts';
import { formerKeyArnsFor, type KmsKeys, keyArnFor } from './kms-keys.ts';
import { openWithDataKey } from './seal-with-data-key.ts';

export function createTokenOpener(deps: KmsKeys): TokenOpener {
  return { open: async (sealed, binding) => (await open(deps, sealed, binding)).token };
}

export function createFormerKeyOpener(deps: KmsKeys): FormerKeyOpener {
  return {
    async openFormer(sealed, binding) {
      const { token, keyArn } = await open(deps, sealed, binding);
      return keyArn === keyArnFor(deps, binding.purpose) ? 'present-key' : token;
    },
  };
}

async function open(
  deps: KmsKeys,
  sealed: Uint8Array,
  binding: SealBinding,
): Promise<{ readonly token: Secret; readonly keyArn: string }> {
  const envelope = parseEnvelope(sealed);
  if (!envelope) {
    throw new PlatformError('SEAL_BROKEN', 'These bytes are not a sealed token of a known format.', {
      reason: 'UnknownFormat',
    });
  }
  const { dataKey, keyArn } = await unwrap(deps, envelope, binding);
  try {
    return { token: openWithDataKey(envelope, binding, dataKey), keyArn };
  } finally {
    dataKey.fill(0);
  }
}

/** The present key first, then those before it. The blob does not say in a documented way whose it is. */
async function unwrap(deps: KmsKeys, envelope: Envelope, binding: SealBinding) {
  const { purpose } = binding;
  const abortSignal = AbortSignal.timeout(KMS_CALL_TIMEOUT_MS);
  const decrypt = async (keyArn: string) => {
    const command = new DecryptCommand({
      // Naming the key keeps KMS from trying another one that the blob claims.
      KeyId: keyArn,
      CiphertextBlob: envelope.wrappedKey,
      EncryptionContext: encryptionContextOf(binding),
    });
    const { Plaintext } = await deps.kms.send(command, { abortSignal });
    if (!Plaintext) throw new TypeError('KMS answered without a data key.');
    return { dataKey: Plaintext, keyArn };
  };
  let keyArn = keyArnFor(deps, purpose);
  const former = [...formerKeyArnsFor(deps, purpose)];
  for (;;) {
    try {
      return await decrypt(keyArn);
    } catch (error) {
      const next = isOtherKey(error) ? former.shift() : undefined;
      if (next === undefined) throw toKmsError(error);
      keyArn = next;
    }
  }
}
