import { Sha256 } from '@aws-crypto/sha256-js';
import { DescribeKeyCommand, GenerateDataKeyCommand, KMSClient } from '@aws-sdk/client-kms';
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { SignatureV4 } from '@smithy/signature-v4';
import { describe, expect, it } from 'vitest';
import type { AuthorizationOutcome, CallSummary } from '../../../local/aws/aws-endpoint.ts';
import { createKmsService } from '../../../local/aws/kms/kms-service.ts';
import { createLambdaService } from '../../../local/aws/lambda-service.ts';
import { targetOperation } from '../../../local/aws/protocols.ts';
import { until } from '../../support/time/until.ts';
import {
  accountId,
  allowAll,
  clientConfig,
  directoryOf,
  errorNameOf,
  policyOf,
  region,
  roleNamed,
  START_AT_MS,
  withEndpoint,
} from './local-account.ts';

const keyArn = `arn:aws:kms:${region}:${accountId}:key/11111111-2222-3333-4444-555555555555`;
const admin = roleNamed('admin', [allowAll]);
const powerless = roleNamed('powerless', []);

function directory() {
  const d = directoryOf(admin, powerless);
  d.keyPolicies.set(
    keyArn,
    policyOf({
      Effect: 'Allow',
      Principal: { AWS: `arn:aws:iam::${accountId}:root` },
      Action: 'kms:*',
      Resource: '*',
    }),
  );
  return d;
}

function kms() {
  return createKmsService({ keys: [{ keyArn }] });
}

function lambda() {
  return createLambdaService({
    accountId,
    region,
    nowMs: () => START_AT_MS,
    invoke: async () => ({ payload: '{}' }),
  });
}

const describeKey = new DescribeKeyCommand({ KeyId: keyArn });

describe('the local AWS endpoint', () => {
  it('answers a signed and permitted call', () =>
    withEndpoint({ directory: directory(), services: [kms()] }, async (url) => {
      const answer = await new KMSClient(clientConfig(url, admin)).send(describeKey);
      expect(answer.KeyMetadata?.Arn).toBe(keyArn);
    }));

  it('refuses a key it does not know', () =>
    withEndpoint({ directory: directory(), services: [kms(), lambda()] }, async (url) => {
      const stranger = { ...admin, accessKeyId: 'AKIASTRANGER' };
      expect(await errorNameOf(new KMSClient(clientConfig(url, stranger)).send(describeKey))).toBe(
        'UnrecognizedClientException',
      );
      const invoke = new InvokeCommand({ FunctionName: 'f' });
      expect(await errorNameOf(new LambdaClient(clientConfig(url, stranger)).send(invoke))).toBe(
        'UnrecognizedClientException',
      );
    }));

  it('refuses a signature made with another secret', () =>
    withEndpoint({ directory: directory(), services: [kms()] }, async (url) => {
      const forged = { ...admin, secretAccessKey: 'guessed' };
      expect(await errorNameOf(new KMSClient(clientConfig(url, forged)).send(describeKey))).toBe(
        'InvalidSignatureException',
      );
    }));

  it('refuses a request that was changed after signing', () =>
    withEndpoint({ directory: directory(), services: [kms()] }, async (url) => {
      const client = new KMSClient(clientConfig(url, admin));
      client.middlewareStack.add(
        (next) => (args) => {
          const request = args.request as { body: Uint8Array };
          request.body = Buffer.from(
            new TextDecoder().decode(request.body).replace(accountId, '999922223333'),
          );
          return next(args);
        },
        { step: 'finalizeRequest', priority: 'low' },
      );
      expect(await errorNameOf(client.send(describeKey))).toBe('InvalidSignatureException');
    }));

  it('refuses a body under the signed hash of another', () =>
    withEndpoint({ directory: directory(), services: [kms()] }, async (url) => {
      const { accessKeyId, secretAccessKey } = admin;
      const credentials = { accessKeyId, secretAccessKey };
      const signer = new SignatureV4({
        credentials,
        region,
        service: 'kms',
        sha256: Sha256,
        applyChecksum: true,
      });
      const { host, hostname } = new URL(url);
      const headers = {
        host,
        'content-type': 'application/x-amz-json-1.1',
        'x-amz-target': 'TrentService.DescribeKey',
      };
      const signedBody = JSON.stringify({ KeyId: keyArn });
      const request = {
        method: 'POST',
        protocol: 'http:',
        hostname,
        path: '/',
        query: {},
        headers,
        body: signedBody,
      };
      const signed = await signer.sign(request, { signingDate: new Date(START_AT_MS) });
      const statusOf = async (body: string) =>
        (await fetch(url, { method: 'POST', headers: signed.headers, body })).status;
      expect(await statusOf(signedBody)).toBe(200);
      expect(await statusOf(signedBody.replace('{', '{ '))).toBe(400);
    }));

  it.each([
    ['another version of the protocol', { 'content-type': 'application/x-amz-json-1.0' }],
    ['no content type', { 'content-type': '' }],
    ['the target of another service', { 'x-amz-target': 'DynamoDB_20120810.DescribeKey' }],
    ['a target without a service', { 'x-amz-target': 'DescribeKey' }],
  ])('knows no operation by %s', (_what, changed) => {
    const protocol = { targetPrefix: 'TrentService', version: '1.1' } as const;
    const headers = {
      'content-type': 'application/x-amz-json-1.1',
      'x-amz-target': 'TrentService.DescribeKey',
    };
    expect(targetOperation(headers, protocol)).toBe('DescribeKey');
    expect(targetOperation({ ...headers, ...changed }, protocol)).toBe('');
  });

  it('refuses a request signed more than five minutes away from the virtual clock', () =>
    withEndpoint({ directory: directory(), services: [kms()] }, async (url) => {
      const signedAt = (offsetMs: number) =>
        new KMSClient(clientConfig(url, admin, () => START_AT_MS + offsetMs)).send(describeKey);
      expect(await errorNameOf(signedAt(-6 * 60_000))).toBe('InvalidSignatureException');
      expect(await errorNameOf(signedAt(6 * 60_000))).toBe('InvalidSignatureException');
      expect(await errorNameOf(signedAt(4 * 60_000))).toBe('no error');
    }));

  it('refuses an unsigned request', () =>
    withEndpoint({ directory: directory(), services: [kms()] }, async (url) => {
      const answer = await fetch(url, {
        method: 'POST',
        headers: { 'x-amz-target': 'TrentService.DescribeKey' },
      });
      expect(answer.status).toBe(400);
      expect(await answer.json()).toMatchObject({ __type: 'MissingAuthenticationTokenException' });
    }));

  it('denies what no policy allows, naming action and resource', () =>
    withEndpoint({ directory: directory(), services: [kms(), lambda()] }, async (url) => {
      await expect(new KMSClient(clientConfig(url, powerless)).send(describeKey)).rejects.toMatchObject({
        name: 'AccessDeniedException',
        message: expect.stringContaining(`kms:DescribeKey on resource: ${keyArn}`),
      });
      const invoke = new InvokeCommand({ FunctionName: 'f' });
      await expect(new LambdaClient(clientConfig(url, powerless)).send(invoke)).rejects.toMatchObject({
        name: 'AccessDeniedException',
        $metadata: { httpStatusCode: 403 },
      });
    }));

  it('sends the date of the virtual clock', () =>
    withEndpoint({ directory: directory(), services: [kms()] }, async (url) => {
      const answer = await fetch(url, { method: 'POST' });
      expect(answer.headers.get('date')).toBe(new Date(START_AT_MS).toUTCString());
    }));

  it('reports what it authorised, denied and answered', async () => {
    const authorized: AuthorizationOutcome[] = [];
    const denied: AuthorizationOutcome[] = [];
    const calls: CallSummary[] = [];
    const hooks = {
      onAuthorized: (o: AuthorizationOutcome) => authorized.push(o),
      onDenied: (o: AuthorizationOutcome) => denied.push(o),
      onCall: (c: CallSummary) => calls.push(c),
    };
    await withEndpoint({ directory: directory(), services: [kms()], ...hooks }, async (url, endpoint) => {
      await new KMSClient(clientConfig(url, admin)).send(describeKey);
      await errorNameOf(new KMSClient(clientConfig(url, powerless)).send(describeKey));
      expect(authorized.map((o) => [o.caller.roleName, o.request.action])).toEqual([
        ['admin', 'kms:DescribeKey'],
      ]);
      expect(denied.map((o) => [o.caller.roleName, o.decision])).toEqual([['powerless', 'ImplicitlyDenied']]);
      expect(calls.map((c) => [c.service, c.operation, c.status])).toEqual([
        ['kms', 'DescribeKey', 200],
        ['kms', 'DescribeKey', 400],
      ]);
      expect(endpoint.authorizer.records()).toHaveLength(2);
    });
  });
});

describe('a fault at the local AWS endpoint', () => {
  const run = (
    test: (client: KMSClient, endpoint: Parameters<Parameters<typeof withEndpoint>[1]>[1]) => Promise<void>,
  ) =>
    withEndpoint({ directory: directory(), services: [kms()] }, (url, endpoint) =>
      test(new KMSClient(clientConfig(url, admin)), endpoint),
    );

  it('is met by one call and then gone', () =>
    run(async (client, { faults }) => {
      faults.next({ service: 'kms', effect: { kind: 'error', code: 'KMSInternalException', status: 500 } });
      await expect(client.send(describeKey)).rejects.toMatchObject({
        name: 'KMSInternalException',
        $metadata: { httpStatusCode: 500 },
      });
      expect(await errorNameOf(client.send(describeKey))).toBe('no error');
    }));

  it('waits for the operation it is meant for', () =>
    run(async (client, { faults }) => {
      const effect = { kind: 'error', code: 'ThrottlingException' } as const;
      faults.next({ service: 'kms', operation: 'GenerateDataKey', effect });
      expect(await errorNameOf(client.send(describeKey))).toBe('no error');
      expect(faults.pending()).toHaveLength(1);
      const generate = new GenerateDataKeyCommand({ KeyId: keyArn, KeySpec: 'AES_256' });
      expect(await errorNameOf(client.send(generate))).toBe('ThrottlingException');
      expect(faults.pending()).toHaveLength(0);
    }));

  it('cuts the connection before or after the work is done', () =>
    run(async (client, endpoint) => {
      endpoint.faults.next({ service: 'kms', effect: { kind: 'drop' } });
      expect(await errorNameOf(client.send(describeKey))).not.toBe('no error');
      expect(endpoint.authorizer.records()).toHaveLength(0);
      endpoint.faults.next({ service: 'kms', effect: { kind: 'loseReply' } });
      expect(await errorNameOf(client.send(describeKey))).not.toBe('no error');
      expect(endpoint.authorizer.records()).toHaveLength(1);
    }));

  it('can delay a call, which is in flight until it is answered', () =>
    run(async (client, { faults, inFlight }) => {
      const seen: number[] = [];
      const when = () => seen.push(inFlight()) > 0;
      faults.next({ service: 'kms', when, effect: { kind: 'delay', delayMs: 1 } });
      expect(await errorNameOf(client.send(describeKey))).toBe('no error');
      expect(seen).toEqual([1]);
      await until(() => inFlight() === 0);
    }));

  it('is forgotten on clear', () =>
    run(async (client, { faults }) => {
      faults.next({ service: 'kms', times: 5, effect: { kind: 'drop' } });
      faults.clear();
      expect(await errorNameOf(client.send(describeKey))).toBe('no error');
    }));
});
