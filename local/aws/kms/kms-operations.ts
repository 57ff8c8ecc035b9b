import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { AwsServiceError } from '../protocols.ts';
import { type EncryptionContext, keyIdOfBlob, openBlob, sealBlob } from './kms-blob.ts';
import type { KmsKeys, StoredKey } from './kms-keys.ts';

/** The request members of all operations served here; binary ones are base64. */
export interface KmsInput {
  KeyId?: string;
  EncryptionContext?: EncryptionContext;
  KeySpec?: string;
  NumberOfBytes?: number;
  CiphertextBlob?: string;
  Plaintext?: string;
  Message?: string;
  Mac?: string;
  MacAlgorithm?: string;
}

export type KmsOperation = (keys: KmsKeys, input: KmsInput) => object;

const MAX_ENCRYPT_BYTES = 4096;

/** @see https://docs.aws.amazon.com/kms/latest/APIReference/API_Operations.html */
export const kmsOperations: Record<string, KmsOperation> = {
  GenerateDataKey(keys, input) {
    const key = encryptionKey(keys, required(input.KeyId, 'keyId'));
    const plaintext = randomBytes(dataKeyBytes(input));
    return {
      CiphertextBlob: seal(key, plaintext, input),
      Plaintext: plaintext.toString('base64'),
      KeyId: key.keyArn,
    };
  },

  GenerateDataKeyWithoutPlaintext(keys, input) {
    const key = encryptionKey(keys, required(input.KeyId, 'keyId'));
    return { CiphertextBlob: seal(key, randomBytes(dataKeyBytes(input)), input), KeyId: key.keyArn };
  },

  Encrypt(keys, input) {
    const key = encryptionKey(keys, required(input.KeyId, 'keyId'));
    const plaintext = Buffer.from(required(input.Plaintext, 'plaintext'), 'base64');
    if (plaintext.length === 0 || plaintext.length > MAX_ENCRYPT_BYTES) {
      throw invalid(`'plaintext' must have length between 1 and ${MAX_ENCRYPT_BYTES}`);
    }
    return {
      CiphertextBlob: seal(key, plaintext, input),
      KeyId: key.keyArn,
      EncryptionAlgorithm: 'SYMMETRIC_DEFAULT',
    };
  },

  Decrypt(keys, input) {
    const blob = Buffer.from(required(input.CiphertextBlob, 'ciphertextBlob'), 'base64');
    const madeWith = keys.find(keyIdOfBlob(blob) ?? '');
    if (!madeWith) throw new AwsServiceError('InvalidCiphertextException', '');
    const key = encryptionKey(keys, madeWith.keyId);
    if (input.KeyId !== undefined && keys.get(input.KeyId) !== madeWith) {
      const message = 'The key ID in the request does not identify a CMK that can perform this operation.';
      throw new AwsServiceError('IncorrectKeyException', message);
    }
    const plaintext = openWithAny(key, blob, input);
    if (!plaintext) throw new AwsServiceError('InvalidCiphertextException', '');
    return {
      KeyId: key.keyArn,
      Plaintext: plaintext.toString('base64'),
      EncryptionAlgorithm: 'SYMMETRIC_DEFAULT',
    };
  },

  DescribeKey(keys, input) {
    const key = keys.get(required(input.KeyId, 'keyId'));
    return { KeyMetadata: metadataOf(key) };
  },

  EnableKey: (keys, input) => changeState(keys, input, ['Disabled', 'Enabled'], 'Enabled'),

  DisableKey: (keys, input) => changeState(keys, input, ['Enabled', 'Disabled'], 'Disabled'),

  /** Nothing is deleted when its time comes: no test waits for that. */
  ScheduleKeyDeletion: (keys, input) => changeState(keys, input, ['Enabled', 'Disabled'], 'PendingDeletion'),

  /** Leaves the key disabled, as on AWS. */
  CancelKeyDeletion: (keys, input) => changeState(keys, input, ['PendingDeletion'], 'Disabled'),

  GetKeyRotationStatus(keys, input) {
    const { keyArn, rotating } = keys.get(required(input.KeyId, 'keyId'));
    return { KeyId: keyArn, KeyRotationEnabled: rotating };
  },

  RotateKeyOnDemand(keys, input) {
    const key = encryptionKey(keys, required(input.KeyId, 'keyId'));
    key.materials.push(randomBytes(32));
    return { KeyId: key.keyArn };
  },

  ListGrants(keys, input) {
    const { keyArn, grants } = keys.get(required(input.KeyId, 'keyId'));
    const described = grants.map(({ granteePrincipal, operations }, index) => ({
      KeyId: keyArn,
      GrantId: String(index),
      GranteePrincipal: granteePrincipal,
      Operations: operations,
    }));
    return { Grants: described, Truncated: false };
  },

  GenerateMac(keys, input) {
    const key = macKey(keys, input);
    const mac = macOf(key, input);
    return { KeyId: key.keyArn, MacAlgorithm: input.MacAlgorithm, Mac: mac.toString('base64') };
  },

  VerifyMac(keys, input) {
    const key = macKey(keys, input);
    const given = Buffer.from(required(input.Mac, 'mac'), 'base64');
    const expected = macOf(key, input);
    if (given.length !== expected.length || !timingSafeEqual(given, expected)) {
      throw new AwsServiceError('KMSInvalidMacException', '');
    }
    return { KeyId: key.keyArn, MacAlgorithm: input.MacAlgorithm, MacValid: true };
  },
};

function changeState(
  keys: KmsKeys,
  input: KmsInput,
  from: readonly StoredKey['state'][],
  to: StoredKey['state'],
): object {
  const key = keys.get(required(input.KeyId, 'keyId'));
  if (!from.includes(key.state)) {
    throw new AwsServiceError('KMSInvalidStateException', `${key.keyArn} is ${key.state}.`);
  }
  key.state = to;
  return { KeyId: key.keyArn, KeyState: key.state };
}

function invalid(message: string) {
  return new AwsServiceError('ValidationException', message);
}

function required(value: string | undefined, name: string): string {
  if (value === undefined) throw invalid(`Value at '${name}' failed to satisfy constraint: must not be null`);
  return value;
}

function seal(key: StoredKey, plaintext: Uint8Array, input: KmsInput) {
  return sealBlob(key.keyId, newest(key), plaintext, input.EncryptionContext ?? {}).toString('base64');
}

function newest({ materials }: StoredKey): Buffer {
  return materials.at(-1) ?? Buffer.alloc(0);
}

/** A rotated key keeps its older material for what was sealed with it. */
function openWithAny({ materials }: StoredKey, blob: Buffer, { EncryptionContext = {} }: KmsInput) {
  return materials.reduceRight<Buffer | undefined>(
    (opened, material) => opened ?? openBlob(material, blob, EncryptionContext),
    undefined,
  );
}

function encryptionKey(keys: KmsKeys, keyRef: string): StoredKey {
  const key = keys.usable(keyRef);
  if (key.spec !== 'SYMMETRIC_DEFAULT') {
    const message = `${key.keyArn} key usage is GENERATE_VERIFY_MAC which is not valid for this operation.`;
    throw new AwsServiceError('InvalidKeyUsageException', message);
  }
  return key;
}

function dataKeyBytes({ KeySpec, NumberOfBytes }: KmsInput): number {
  if ((KeySpec === undefined) === (NumberOfBytes === undefined)) {
    throw invalid('Please specify either number of bytes or key spec.');
  }
  if (KeySpec === 'AES_256') return 32;
  if (KeySpec === 'AES_128') return 16;
  if (NumberOfBytes === undefined || NumberOfBytes < 1 || NumberOfBytes > 1024) {
    throw invalid("'keySpec' must be AES_256 or AES_128, or 'numberOfBytes' between 1 and 1024");
  }
  return NumberOfBytes;
}

function macKey(keys: KmsKeys, input: KmsInput): StoredKey {
  const key = keys.usable(required(input.KeyId, 'keyId'));
  const algorithm = key.spec.replace('HMAC_', 'HMAC_SHA_');
  if (!key.spec.startsWith('HMAC_') || input.MacAlgorithm !== algorithm) {
    throw new AwsServiceError('InvalidKeyUsageException', `${key.keyArn} does not support this algorithm.`);
  }
  return key;
}

function macOf(key: StoredKey, input: KmsInput): Buffer {
  const message = Buffer.from(required(input.Message, 'message'), 'base64');
  return createHmac(key.spec.replace('HMAC_', 'sha'), newest(key)).update(message).digest();
}

function metadataOf(key: StoredKey): object {
  const mac = key.spec.startsWith('HMAC_');
  return {
    AWSAccountId: key.keyArn.split(':')[4],
    KeyId: key.keyId,
    Arn: key.keyArn,
    Enabled: key.state === 'Enabled',
    Description: key.description ?? '',
    KeyUsage: mac ? 'GENERATE_VERIFY_MAC' : 'ENCRYPT_DECRYPT',
    KeyState: key.state,
    Origin: 'AWS_KMS',
    KeyManager: 'CUSTOMER',
    KeySpec: key.spec,
    CustomerMasterKeySpec: key.spec,
    MultiRegion: key.keyId.startsWith('mrk-'),
  };
}
