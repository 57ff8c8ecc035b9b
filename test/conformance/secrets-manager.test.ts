import {
  CreateSecretCommand,
  DeleteSecretCommand,
  DescribeSecretCommand,
  GetSecretValueCommand,
  PutSecretValueCommand,
  SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ConformanceTarget, conformanceTarget, errorNameOf, uniqueName } from './conformance-target.ts';

describe('Secrets Manager', () => {
  let target: ConformanceTarget;
  let client: SecretsManagerClient;
  let SecretId: string;

  beforeAll(async () => {
    target = await conformanceTarget();
    client = new SecretsManagerClient(target.clientConfig);
    const created = await client.send(new CreateSecretCommand({ Name: uniqueName('conformance') }));
    SecretId = created.ARN ?? '';
  });
  afterAll(async () => {
    await client.send(new DeleteSecretCommand({ SecretId, ForceDeleteWithoutRecovery: true }));
    await target.stop();
  });

  it('has no value when it was made without one', async () => {
    expect(await errorNameOf(client.send(new GetSecretValueCommand({ SecretId })))).toBe(
      'ResourceNotFoundException',
    );
    const described = await client.send(new DescribeSecretCommand({ SecretId }));
    expect(described.ARN).toBe(SecretId);
  });

  it('gives the current value, and the previous one by its stage', async () => {
    await client.send(new PutSecretValueCommand({ SecretId, SecretString: 'first' }));
    const put = await client.send(new PutSecretValueCommand({ SecretId, SecretString: 'second' }));
    const current = await client.send(new GetSecretValueCommand({ SecretId }));
    expect(current).toMatchObject({ SecretString: 'second', VersionId: put.VersionId });
    expect(current.VersionStages).toEqual(['AWSCURRENT']);
    const previous = await client.send(new GetSecretValueCommand({ SecretId, VersionStage: 'AWSPREVIOUS' }));
    expect(previous.SecretString).toBe('first');
  });

  it('takes the same request twice, and no other value under the same token', async () => {
    const ClientRequestToken = crypto.randomUUID();
    const put = (SecretString: string) =>
      errorNameOf(client.send(new PutSecretValueCommand({ SecretId, SecretString, ClientRequestToken })));
    expect(await put('third')).toBe('no error');
    expect(await put('third')).toBe('no error');
    expect(await put('fourth')).toBe('ResourceExistsException');
  });

  it('reports a secret that does not exist', async () => {
    const missing = new GetSecretValueCommand({ SecretId: uniqueName('missing') });
    expect(await errorNameOf(client.send(missing))).toBe('ResourceNotFoundException');
  });
});
