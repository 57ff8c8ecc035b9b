import { randomBytes } from 'node:crypto';

import { GenerateDataKeyCommand } from '@aws-sdk/client-kms';

import { NONCE_BYTES } from '../../../client/sealed-token/envelope.ts';
import { encryptionContextOf } from '../../../client/sealed-token/seal-binding.ts';
import type { SealBinding, SealContext } from '../../core/connection/sealed-token.ts';
import type { Random } from '../../core/ports/platform.ts';
import type { PreparedSeal, TokenSealer } from '../../core/ports/sealing.ts';
import { KMS_CALL_TIMEOUT_MS } from './kms-client.ts';
import { toKmsError } from './kms-error.ts';
import { type KmsKeys, keyArnFor } from './kms-keys.ts';
import { type DataKey, sealWithDataKey } from './seal-with-data-key.ts';

export interface TokenSealerDependencies extends KmsKeys {
  readonly random?: Random;
}

export function createTokenSealer(deps: TokenSealerDependencies): TokenSealer {
  const nonce = deps.random
    ? deps.random.bytes.bind(deps.random)
    : (length: number): Uint8Array => randomBytes(length);
  return {
    async prepare(context) {
      const key = await generateDataKey(deps, context);
      return prepareSeal(context, key, nonce(NONCE_BYTES));
    },
  };
}

async function generateDataKey(deps: KmsKeys, context: SealContext): Promise<DataKey> {
  const command = new GenerateDataKeyCommand({
    KeyId: keyArnFor(deps, context.purpose),
    KeySpec: 'AES_256',
    EncryptionContext: encryptionContextOf(context),
  });
  try {
    const answer = await deps.kms.send(command, { abortSignal: AbortSignal.timeout(KMS_CALL_TIMEOUT_MS) });
    if (!answer.Plaintext || !answer.CiphertextBlob) throw new TypeError('KMS answered without a data key.');
    return { plaintext: answer.Plaintext, wrapped: answer.CiphertextBlob };
  } catch (error) {
    throw toKmsError(error);
  }
}

function prepareSeal(context: SealContext, key: DataKey, nonce: Uint8Array): PreparedSeal {
  let used = false;
  return {
    seal(token, binding) {
      if (used) throw new TypeError('A prepared seal seals one token only.');
      if (!isFor(context, binding)) throw new TypeError('A prepared seal is for one connection and purpose.');
      used = true;
      try {
        return sealWithDataKey(token, binding, key, nonce);
      } finally {
        key.plaintext.fill(0);
      }
    },
  };
}

const isFor = (context: SealContext, binding: SealBinding): boolean =>
  context.purpose === binding.purpose &&
  context.connectionId === binding.connectionId &&
  context.clientId === binding.clientId;
