import { createCipheriv, randomBytes } from 'node:crypto';
import { DecryptCommand, GenerateDataKeyCommand, type KMSClient } from '@aws-sdk/client-kms';
import {
  CIPHER,
  type Envelope,
  NONCE_BYTES,
  openEnvelope,
  parseEnvelope,
  TAG_BYTES,
  writeEnvelope,
  writeHeader,
} from '../../../client/sealed-token/envelope.ts';
import { additionalDataOf, encryptionContextOf } from '../../../client/sealed-token/seal-binding.ts';
import type { SealBinding, SealContext, SealPurpose } from '../../core/connection/sealed-token.ts';
import { PlatformError } from '../../core/platform-error.ts';
import type { Random } from '../../core/ports/platform.ts';
import type { FormerKeyOpener, PreparedSeal, TokenOpener, TokenSealer } from '../../core/ports/sealing.ts';
import { Secret } from '../../core/secret.ts';
import { isOtherKey, KMS_ERRORS, toPlatformError } from '../aws/aws-errors.ts';
import { KMS_CALL_TIMEOUT_MS } from '../aws/clients.ts';

/** A function names only the keys its role may use. */
export interface KmsKeys {
  readonly kms: KMSClient;
  readonly refreshKeyArn?: string;
  readonly accessKeyArn?: string;
  /** Keys that were replaced. They still open what they sealed, and nothing new is sealed under them. */
  readonly formerRefreshKeyArns?: readonly string[];
  readonly formerAccessKeyArns?: readonly string[];
}

function keyArnFor(keys: KmsKeys, purpose: SealPurpose): string {
  const arn = purpose === 'refresh' ? keys.refreshKeyArn : keys.accessKeyArn;
  if (arn === undefined) {
    throw new PlatformError('ACCESS_DENIED', `This function does not use the ${purpose} key.`);
  }
  return arn;
}

function formerKeyArnsFor(keys: KmsKeys, purpose: SealPurpose): readonly string[] {
  return (purpose === 'refresh' ? keys.formerRefreshKeyArns : keys.formerAccessKeyArns) ?? [];
}

export interface TokenSealerDependencies extends KmsKeys {
  readonly random?: Random;
}

/** Seals tokens with AES-256-GCM, each under a KMS data key that no other token uses. */
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
    throw toPlatformError(KMS_ERRORS, error);
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

/** Opens what `createTokenSealer` sealed, under the current key or a former one. */
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

/** The current key first, then the former ones. The wrapped key does not say in a documented way which key wrapped it. */
async function unwrap(deps: KmsKeys, envelope: Envelope, binding: SealBinding) {
  const { purpose } = binding;
  const abortSignal = AbortSignal.timeout(KMS_CALL_TIMEOUT_MS);
  const decrypt = async (keyArn: string) => {
    const command = new DecryptCommand({
      // Naming the key keeps KMS from using another key that the blob names.
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
      if (next === undefined) throw toPlatformError(KMS_ERRORS, error);
      keyArn = next;
    }
  }
}

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

/** @throws PlatformError SEAL_BROKEN when the envelope or the binding differs from what was sealed */
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
