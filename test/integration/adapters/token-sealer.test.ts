import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { createKmsClient } from '../../../functions/adapters/aws/clients.ts';
import {
  createFormerKeyOpener,
  createTokenOpener,
  createTokenSealer,
} from '../../../functions/adapters/kms/token-sealing.ts';
import type {
  AccessSealBinding,
  RefreshSealBinding,
} from '../../../functions/core/connection/sealed-token.ts';
import { Secret } from '../../../functions/core/secret.ts';
import { type AwsReply, startAwsServer } from './aws-test-server.ts';

const refreshKeyArn = 'arn:aws:kms:eu-west-1:111122223333:key/refresh';
const accessKeyArn = 'arn:aws:kms:eu-west-1:111122223333:key/access';
const refresh: RefreshSealBinding = {
  purpose: 'refresh',
  connectionId: 'acme.user-42',
  clientId: 'client-1',
  generation: 'G1',
  version: 3,
};
const access: AccessSealBinding = { ...refresh, purpose: 'access', expiresAtMs: 1, scopeSet: '*' };
const token = new Secret('eyJ.refresh.token');

const dataKey = randomBytes(32);
const dataKeyReply = {
  body: { Plaintext: dataKey.toString('base64'), CiphertextBlob: Buffer.from('wrapped').toString('base64') },
};
const plaintextReply = { body: { Plaintext: dataKey.toString('base64') } };

async function withKms(...replies: AwsReply[]) {
  const server = await startAwsServer(...replies);
  const keys = { kms: createKmsClient({ ...server.config }), refreshKeyArn, accessKeyArn };
  return {
    ...server,
    sealer: createTokenSealer(keys),
    opener: createTokenOpener(keys),
  };
}

it.each([
  [refresh, refreshKeyArn],
  [access, accessKeyArn],
])('a token is sealed and opened under its own key and context: $purpose', async (binding, KeyId) => {
  await using kms = await withKms(dataKeyReply, plaintextReply);
  const sealed = (await kms.sealer.prepare(binding)).seal(token, binding);
  expect((await kms.opener.open(sealed, binding)).reveal()).toBe(token.reveal());
  const EncryptionContext = {
    connection: 'acme.user-42',
    purpose: binding.purpose,
    clientId: 'client-1',
  };
  expect(kms.requests.map(({ operation, body }) => ({ operation, body }))).toEqual([
    { operation: 'GenerateDataKey', body: { KeyId, KeySpec: 'AES_256', EncryptionContext } },
    {
      operation: 'Decrypt',
      body: { KeyId, CiphertextBlob: dataKeyReply.body.CiphertextBlob, EncryptionContext },
    },
  ]);
});

describe('a token that was sealed under a key since replaced', () => {
  const formerKeyArn = 'arn:aws:kms:eu-west-1:111122223333:key/former';
  const olderKeyArn = 'arn:aws:kms:eu-west-1:111122223333:key/older';
  const otherKey = { error: 'IncorrectKeyException' };
  const askedKeys = (requests: readonly { body: unknown }[]) =>
    requests.slice(1).map(({ body }) => (body as { KeyId: string }).KeyId);

  async function withFormerKeys(...replies: AwsReply[]) {
    const server = await startAwsServer(dataKeyReply, ...replies);
    const formerRefreshKeyArns = [formerKeyArn, olderKeyArn];
    const keys = {
      kms: createKmsClient({ ...server.config }),
      refreshKeyArn,
      accessKeyArn,
      formerRefreshKeyArns,
    };
    const sealed = (await createTokenSealer(keys).prepare(refresh)).seal(token, refresh);
    return { ...server, sealed, opener: createTokenOpener(keys), former: createFormerKeyOpener(keys) };
  }

  it('is opened by the former key, after the present one was asked', async () => {
    await using kms = await withFormerKeys(otherKey, plaintextReply);
    expect((await kms.opener.open(kms.sealed, refresh)).reveal()).toBe(token.reveal());
    expect(askedKeys(kms.requests)).toEqual([refreshKeyArn, formerKeyArn]);
  });

  it('is distinguished from one that the present key opens', async () => {
    await using kms = await withFormerKeys(otherKey, otherKey, plaintextReply, plaintextReply);
    expect(String(await kms.former.openFormer(kms.sealed, refresh))).toBe('[redacted]');
    expect(await kms.former.openFormer(kms.sealed, refresh)).toBe('present-key');
    expect(askedKeys(kms.requests)).toEqual([refreshKeyArn, formerKeyArn, olderKeyArn, refreshKeyArn]);
  });

  it('is not broken when no key opens it: a key is missing', async () => {
    await using kms = await withFormerKeys(otherKey, otherKey, otherKey);
    await expect(kms.opener.open(kms.sealed, refresh)).rejects.toMatchObject({ code: 'KEY_UNKNOWN' });
    expect(askedKeys(kms.requests)).toEqual([refreshKeyArn, formerKeyArn, olderKeyArn]);
  });

  it('waits while the former key is disabled', async () => {
    await using kms = await withFormerKeys(otherKey, { error: 'DisabledException' });
    await expect(kms.opener.open(kms.sealed, refresh)).rejects.toMatchObject({ code: 'KEY_UNAVAILABLE' });
  });

  it('is not looked for under a former key when the present one does not answer', async () => {
    await using kms = await withFormerKeys({ error: 'KMSInternalException', status: 500 });
    await expect(kms.opener.open(kms.sealed, refresh)).rejects.toMatchObject({ code: 'KEY_UNAVAILABLE' });
    expect(new Set(askedKeys(kms.requests))).toEqual(new Set([refreshKeyArn]));
  });
});

it('a prepared seal seals one token only', async () => {
  await using kms = await withKms(dataKeyReply);
  const prepared = await kms.sealer.prepare(refresh);
  prepared.seal(token, refresh);
  expect(() => prepared.seal(token, refresh)).toThrow('one token only');
});

it('a prepared seal does not seal for another connection', async () => {
  await using kms = await withKms(dataKeyReply);
  const prepared = await kms.sealer.prepare(refresh);
  expect(() => prepared.seal(token, { ...refresh, connectionId: 'acme.user-43' })).toThrow(TypeError);
});

it('bytes that are no envelope are refused without asking KMS', async () => {
  await using kms = await withKms({ error: 'KMSInternalException' });
  await expect(kms.opener.open(new Uint8Array([1, 2, 3]), refresh)).rejects.toMatchObject({
    name: 'PlatformError',
    code: 'SEAL_BROKEN',
  });
  expect(kms.requests).toEqual([]);
});

it.each([
  ['InvalidCiphertextException', 'SEAL_BROKEN'],
  ['IncorrectKeyException', 'KEY_UNKNOWN'],
  ['AccessDeniedException', 'ACCESS_DENIED'],
  ['DisabledException', 'KEY_UNAVAILABLE'],
  ['NotFoundException', 'KEY_UNAVAILABLE'],
  ['KMSInvalidStateException', 'KEY_UNAVAILABLE'],
])('%s becomes %s', async (error, code) => {
  await using kms = await withKms(dataKeyReply, { error });
  const sealed = (await kms.sealer.prepare(refresh)).seal(token, refresh);
  await expect(kms.opener.open(sealed, refresh)).rejects.toMatchObject({ code, reason: error });
});

it('a throttled call is tried twice and then reported as unavailable', async () => {
  await using kms = await withKms({ error: 'ThrottlingException' });
  await expect(kms.sealer.prepare(refresh)).rejects.toMatchObject({
    code: 'KEY_UNAVAILABLE',
    reason: 'ThrottlingException',
  });
  expect(kms.requests).toHaveLength(2);
});

it('a broken connection is tried again', async () => {
  await using kms = await withKms('cut', dataKeyReply);
  await expect(kms.sealer.prepare(refresh)).resolves.toBeDefined();
});

it('a key service that does not answer is called twice, and no more', async () => {
  await using server = await startAwsServer('timeout');
  const requestHandler = { requestTimeout: 500, throwOnRequestTimeout: true };
  const kms = createKmsClient({ ...server.config, requestHandler });
  const sealer = createTokenSealer({ kms, refreshKeyArn });
  await expect(sealer.prepare(refresh)).rejects.toMatchObject({ code: 'KEY_UNAVAILABLE' });
  expect(server.requests).toHaveLength(2);
});

it('a function that does not name a key may not use it', async () => {
  await using server = await startAwsServer({ error: 'KMSInternalException' });
  const opener = createTokenOpener({ kms: createKmsClient({ ...server.config }), accessKeyArn });
  await using kms = await withKms(dataKeyReply);
  const sealed = (await kms.sealer.prepare(refresh)).seal(token, refresh);
  await expect(opener.open(sealed, refresh)).rejects.toMatchObject({ code: 'ACCESS_DENIED' });
  expect(server.requests).toEqual([]);
});

it('a data key of the wrong size does not open anything', async () => {
  await using kms = await withKms(dataKeyReply, {
    body: { Plaintext: randomBytes(16).toString('base64') },
  });
  const sealed = (await kms.sealer.prepare(refresh)).seal(token, refresh);
  await expect(kms.opener.open(sealed, refresh)).rejects.toMatchObject({ code: 'SEAL_BROKEN' });
});
