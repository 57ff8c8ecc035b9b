import {
  DescribeSecretCommand,
  GetSecretValueCommand,
  PutSecretValueCommand,
  SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';
import { describe, expect, it } from 'vitest';
import {
  createSecretsManagerService,
  type SecretsManagerService,
} from '../../../local/aws/secrets-manager-service.ts';
import {
  accountId,
  allowAll,
  clientConfig,
  directoryOf,
  errorNameOf,
  region,
  roleNamed,
  START_AT_MS,
  withEndpoint,
} from './local-account.ts';

const secretArn = `arn:aws:secretsmanager:${region}:${accountId}:secret:client-secret-a1B2c3`;
const admin = roleNamed('admin', [allowAll]);
const reader = roleNamed('reader', [
  { Effect: 'Allow', Action: 'secretsmanager:GetSecretValue', Resource: secretArn },
]);

function run(
  test: (
    admin: SecretsManagerClient,
    reader: SecretsManagerClient,
    service: SecretsManagerService,
  ) => Promise<void>,
) {
  const secrets = [{ secretArn, name: 'client-secret' }];
  const service = createSecretsManagerService({ accountId, region, nowMs: () => START_AT_MS, secrets });
  const directory = directoryOf(admin, reader);
  return withEndpoint({ directory, services: [service] }, (url) =>
    test(
      new SecretsManagerClient(clientConfig(url, admin)),
      new SecretsManagerClient(clientConfig(url, reader)),
      service,
    ),
  );
}

function get(input: object = {}) {
  return new GetSecretValueCommand({ SecretId: secretArn, ...input });
}

describe('the Secrets Manager stand-in', () => {
  it('has no value until one is put', () =>
    run(async (client) => {
      expect(await errorNameOf(client.send(get()))).toBe('ResourceNotFoundException');
      const put = await client.send(
        new PutSecretValueCommand({ SecretId: secretArn, SecretString: 'first' }),
      );
      const got = await client.send(get());
      expect(got).toMatchObject({
        SecretString: 'first',
        VersionId: put.VersionId,
        VersionStages: ['AWSCURRENT'],
      });
    }));

  it('keeps the previous value under its stage and its id', () =>
    run(async (client, _reader, service) => {
      service.putSecretString('client-secret', 'first');
      const first = await client.send(get());
      service.putSecretString(secretArn, 'second');
      expect((await client.send(get())).SecretString).toBe('second');
      expect((await client.send(get({ VersionStage: 'AWSPREVIOUS' }))).SecretString).toBe('first');
      expect((await client.send(get({ VersionId: first.VersionId }))).SecretString).toBe('first');
      const described = await client.send(new DescribeSecretCommand({ SecretId: secretArn }));
      expect(Object.values(described.VersionIdsToStages ?? {}).flat()).toEqual(['AWSCURRENT', 'AWSPREVIOUS']);
    }));

  it('takes the same request once', () =>
    run(async (client) => {
      const token = 'a'.repeat(32);
      const put = (SecretString: string) =>
        client.send(
          new PutSecretValueCommand({ SecretId: secretArn, SecretString, ClientRequestToken: token }),
        );
      await put('one');
      await put('one');
      expect(await errorNameOf(put('two'))).toBe('ResourceExistsException');
    }));

  it('is found by name, ARN, and ARN without the random suffix', () =>
    run(async (client, _reader, service) => {
      service.putSecretString('client-secret', 'value');
      for (const SecretId of ['client-secret', secretArn, secretArn.slice(0, -7)]) {
        expect((await client.send(get({ SecretId }))).SecretString).toBe('value');
      }
      expect(await errorNameOf(client.send(get({ SecretId: 'other' })))).toBe('ResourceNotFoundException');
    }));

  it('lets a reader read and not write', () =>
    run(async (_admin, client, service) => {
      service.putSecretString('client-secret', 'value');
      expect((await client.send(get())).SecretString).toBe('value');
      const put = new PutSecretValueCommand({ SecretId: secretArn, SecretString: 'mine' });
      expect(await errorNameOf(client.send(put))).toBe('AccessDeniedException');
      expect(await errorNameOf(client.send(get({ SecretId: 'other' })))).toBe('AccessDeniedException');
    }));
});
