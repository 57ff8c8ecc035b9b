import {
  DecryptCommand,
  DescribeKeyCommand,
  EncryptCommand,
  GenerateDataKeyCommand,
  KMSClient,
} from '@aws-sdk/client-kms';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ConformanceTarget, conformanceTarget, errorNameOf } from './conformance-target.ts';

const EncryptionContext = { connection: 'acme.user-42', purpose: 'refresh', clientId: 'client' };

describe('KMS', () => {
  let target: ConformanceTarget;
  let kms: KMSClient;

  beforeAll(async () => {
    target = await conformanceTarget();
    kms = new KMSClient(target.clientConfig);
  });
  afterAll(() => target.stop());

  const dataKey = () =>
    kms.send(new GenerateDataKeyCommand({ KeyId: target.kmsKeyId, KeySpec: 'AES_256', EncryptionContext }));

  it('gives a data key of 32 bytes that opens again', async () => {
    const made = await dataKey();
    expect(made.Plaintext).toHaveLength(32);
    const opened = await kms.send(
      new DecryptCommand({ CiphertextBlob: made.CiphertextBlob, EncryptionContext }),
    );
    expect(Buffer.from(opened.Plaintext ?? [])).toEqual(Buffer.from(made.Plaintext ?? []));
    expect(opened.KeyId).toBe(made.KeyId);
    expect(opened.EncryptionAlgorithm).toBe('SYMMETRIC_DEFAULT');
  });

  it('gives another data key every time', async () => {
    const [first, second] = [await dataKey(), await dataKey()];
    expect(Buffer.from(first.Plaintext ?? [])).not.toEqual(Buffer.from(second.Plaintext ?? []));
  });

  it('opens nothing under another context', async () => {
    const { CiphertextBlob } = await dataKey();
    const under = (context?: Record<string, string>) =>
      errorNameOf(kms.send(new DecryptCommand({ CiphertextBlob, EncryptionContext: context })));
    expect(await under({ ...EncryptionContext, connection: 'acme.user-43' })).toBe(
      'InvalidCiphertextException',
    );
    expect(await under({ ...EncryptionContext, more: 'x' })).toBe('InvalidCiphertextException');
    expect(await under()).toBe('InvalidCiphertextException');
  });

  it('opens nothing that was changed', async () => {
    const { CiphertextBlob = new Uint8Array() } = await dataKey();
    const changed = CiphertextBlob.map((byte, i) => (i === CiphertextBlob.length - 1 ? byte ^ 1 : byte));
    const decrypt = new DecryptCommand({ CiphertextBlob: changed, EncryptionContext });
    expect(await errorNameOf(kms.send(decrypt))).toBe('InvalidCiphertextException');
  });

  it('encrypts at most 4096 bytes', async () => {
    const encrypt = (bytes: number) =>
      errorNameOf(kms.send(new EncryptCommand({ KeyId: target.kmsKeyId, Plaintext: new Uint8Array(bytes) })));
    expect(await encrypt(4096)).toBe('no error');
    expect(await encrypt(4097)).toBe('ValidationException');
  });

  it('requires exactly one of key spec and number of bytes', async () => {
    const neither = new GenerateDataKeyCommand({ KeyId: target.kmsKeyId });
    const both = new GenerateDataKeyCommand({
      KeyId: target.kmsKeyId,
      KeySpec: 'AES_256',
      NumberOfBytes: 32,
    });
    expect(await errorNameOf(kms.send(neither))).toBe('ValidationException');
    expect(await errorNameOf(kms.send(both))).toBe('ValidationException');
  });

  it('describes a key, and reports one that does not exist', async () => {
    const { KeyMetadata } = await kms.send(new DescribeKeyCommand({ KeyId: target.kmsKeyId }));
    expect(KeyMetadata).toMatchObject({ Enabled: true, KeyState: 'Enabled', KeyUsage: 'ENCRYPT_DECRYPT' });
    const missing = new DescribeKeyCommand({ KeyId: '99999999-9999-4999-8999-999999999999' });
    expect(await errorNameOf(kms.send(missing))).toBe('NotFoundException');
  });
});
