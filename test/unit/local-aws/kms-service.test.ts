import {
  DecryptCommand,
  EncryptCommand,
  GenerateDataKeyCommand,
  GenerateMacCommand,
  KMSClient,
  RotateKeyOnDemandCommand,
  VerifyMacCommand,
} from '@aws-sdk/client-kms';
import { describe, expect, it } from 'vitest';
import type { AwsEndpoint } from '../../../local/aws/aws-endpoint.ts';
import { createKmsKeys } from '../../../local/aws/kms/kms-keys.ts';
import { kmsOperations } from '../../../local/aws/kms/kms-operations.ts';
import { createKmsService, type KmsService } from '../../../local/aws/kms/kms-service.ts';
import {
  accountId,
  allowAll,
  clientConfig,
  directoryOf,
  errorNameOf,
  policyOf,
  region,
  roleNamed,
  withEndpoint,
} from './local-account.ts';

const keyArn = `arn:aws:kms:${region}:${accountId}:key/11111111-2222-3333-4444-555555555555`;
const otherKeyArn = `arn:aws:kms:${region}:${accountId}:key/66666666-2222-3333-4444-555555555555`;
const macKeyArn = `arn:aws:kms:${region}:${accountId}:key/77777777-2222-3333-4444-555555555555`;
const admin = roleNamed('admin', [allowAll]);
const EncryptionContext = { connection: 'acme.user-42', purpose: 'refresh' };

function run(test: (client: KMSClient, service: KmsService, endpoint: AwsEndpoint) => Promise<void>) {
  const directory = directoryOf(admin);
  const root = { AWS: `arn:aws:iam::${accountId}:root` };
  for (const arn of [keyArn, otherKeyArn, macKeyArn]) {
    directory.keyPolicies.set(
      arn,
      policyOf({ Effect: 'Allow', Principal: root, Action: 'kms:*', Resource: '*' }),
    );
  }
  const service = createKmsService({
    keys: [
      { keyArn, aliases: ['alias/vault'] },
      { keyArn: otherKeyArn },
      { keyArn: macKeyArn, spec: 'HMAC_256' },
    ],
  });
  return withEndpoint({ directory, services: [service] }, (url, endpoint) =>
    test(new KMSClient(clientConfig(url, admin)), service, endpoint),
  );
}

describe('the KMS stand-in', () => {
  it('opens with a rotated key what it sealed before, and seals with the new backing key', () =>
    run(async (client) => {
      const seal = async () =>
        (await client.send(new GenerateDataKeyCommand({ KeyId: keyArn, KeySpec: 'AES_256' }))).CiphertextBlob;
      const before = await seal();
      expect(await client.send(new RotateKeyOnDemandCommand({ KeyId: keyArn }))).toMatchObject({
        KeyId: keyArn,
      });
      for (const CiphertextBlob of [before, await seal()]) {
        const opened = await client.send(new DecryptCommand({ CiphertextBlob, KeyId: keyArn }));
        expect(opened).toMatchObject({ KeyId: keyArn, Plaintext: expect.any(Uint8Array) });
      }
    }));

  it('opens in another Region what a multi-Region key sealed, and nothing else of there', async () => {
    const materials = new Map();
    const multiRegion = (place: string) => `arn:aws:kms:${place}:${accountId}:key/mrk-${'1'.repeat(32)}`;
    const here = createKmsKeys([{ keyArn: multiRegion('eu-west-1') }, { keyArn }], materials);
    const there = createKmsKeys([{ keyArn: multiRegion('us-east-1') }], materials);
    const blobOf = (KeyId: string) => {
      const input = { KeyId, Plaintext: Buffer.from('secret').toString('base64') };
      return Reflect.get(kmsOperations.Encrypt?.(here, input) ?? {}, 'CiphertextBlob') as string;
    };
    const CiphertextBlob = blobOf(multiRegion('eu-west-1'));
    expect(kmsOperations.Decrypt?.(there, { CiphertextBlob, KeyId: multiRegion('us-east-1') })).toMatchObject(
      {
        KeyId: multiRegion('us-east-1'),
        Plaintext: Buffer.from('secret').toString('base64'),
      },
    );
    expect(() => kmsOperations.Decrypt?.(there, { CiphertextBlob: blobOf(keyArn) })).toThrow();
  });

  it('opens a data key under the same context in any order', () =>
    run(async (client) => {
      const made = await client.send(
        new GenerateDataKeyCommand({ KeyId: keyArn, KeySpec: 'AES_256', EncryptionContext }),
      );
      expect(made.Plaintext).toHaveLength(32);
      const reversed = { purpose: 'refresh', connection: 'acme.user-42' };
      const opened = await client.send(
        new DecryptCommand({ CiphertextBlob: made.CiphertextBlob, EncryptionContext: reversed }),
      );
      expect(opened).toMatchObject({ Plaintext: made.Plaintext, KeyId: keyArn });
    }));

  it('refuses a blob with another context, a changed blob and another key', () =>
    run(async (client) => {
      const { CiphertextBlob = new Uint8Array() } = await client.send(
        new EncryptCommand({ KeyId: keyArn, Plaintext: Buffer.from('hello'), EncryptionContext }),
      );
      const decrypt = (input: object) =>
        errorNameOf(client.send(new DecryptCommand({ CiphertextBlob, EncryptionContext, ...input })));
      expect(await decrypt({})).toBe('no error');
      expect(await decrypt({ EncryptionContext: { connection: 'other' } })).toBe(
        'InvalidCiphertextException',
      );
      expect(await decrypt({ EncryptionContext: undefined })).toBe('InvalidCiphertextException');
      const changed = CiphertextBlob.map((byte, i) => (i === CiphertextBlob.length - 1 ? byte ^ 1 : byte));
      expect(await decrypt({ CiphertextBlob: changed })).toBe('InvalidCiphertextException');
      expect(await decrypt({ CiphertextBlob: Buffer.from('no blob') })).toBe('InvalidCiphertextException');
      expect(await decrypt({ KeyId: otherKeyArn })).toBe('IncorrectKeyException');
    }));

  it('finds a key by id, ARN, alias and alias ARN', () =>
    run(async (client) => {
      const aliasArn = `arn:aws:kms:${region}:${accountId}:alias/vault`;
      for (const KeyId of [keyArn, keyArn.split('/')[1], 'alias/vault', aliasArn]) {
        const made = await client.send(new GenerateDataKeyCommand({ KeyId, KeySpec: 'AES_256' }));
        expect(made.KeyId).toBe(keyArn);
      }
      const missing = new GenerateDataKeyCommand({ KeyId: 'alias/none', KeySpec: 'AES_256' });
      expect(await errorNameOf(client.send(missing))).toBe('NotFoundException');
    }));

  it('asks IAM about the key in the blob, with each pair of the context', () =>
    run(async (client, _service, { authorizer }) => {
      const { CiphertextBlob } = await client.send(
        new GenerateDataKeyCommand({ KeyId: 'alias/vault', KeySpec: 'AES_256', EncryptionContext }),
      );
      await client.send(new DecryptCommand({ CiphertextBlob, EncryptionContext }));
      expect(authorizer.records().map((r) => r.request)).toEqual([
        {
          action: 'kms:GenerateDataKey',
          resource: keyArn,
          context: {
            'kms:EncryptionContext:connection': 'acme.user-42',
            'kms:EncryptionContext:purpose': 'refresh',
            'kms:EncryptionContextKeys': ['connection', 'purpose'],
            'kms:RequestAlias': 'alias/vault',
            'kms:CallerAccount': accountId,
          },
        },
        {
          action: 'kms:Decrypt',
          resource: keyArn,
          context: {
            'kms:EncryptionContext:connection': 'acme.user-42',
            'kms:EncryptionContext:purpose': 'refresh',
            'kms:EncryptionContextKeys': ['connection', 'purpose'],
            'kms:CallerAccount': accountId,
          },
        },
      ]);
    }));

  it('makes and verifies a MAC with an HMAC key only', () =>
    run(async (client) => {
      const Message = Buffer.from('subject');
      const MacAlgorithm = 'HMAC_SHA_256';
      const { Mac } = await client.send(new GenerateMacCommand({ KeyId: macKeyArn, Message, MacAlgorithm }));
      const verify = (message: Buffer) =>
        client.send(new VerifyMacCommand({ KeyId: macKeyArn, Message: message, MacAlgorithm, Mac }));
      expect((await verify(Message)).MacValid).toBe(true);
      expect(await errorNameOf(verify(Buffer.from('other')))).toBe('KMSInvalidMacException');
      const wrongKey = new GenerateMacCommand({ KeyId: keyArn, Message, MacAlgorithm });
      expect(await errorNameOf(client.send(wrongKey))).toBe('InvalidKeyUsageException');
    }));

  it('refuses a key that is disabled or pending deletion', () =>
    run(async (client, service) => {
      const make = new GenerateDataKeyCommand({ KeyId: keyArn, KeySpec: 'AES_256' });
      service.setKeyState(keyArn, 'Disabled');
      expect(await errorNameOf(client.send(make))).toBe('DisabledException');
      service.setKeyState(keyArn, 'PendingDeletion');
      expect(await errorNameOf(client.send(make))).toBe('KMSInvalidStateException');
      service.setKeyState(keyArn, 'Enabled');
      expect(await errorNameOf(client.send(make))).toBe('no error');
    }));
});
