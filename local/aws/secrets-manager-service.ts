import { randomBytes, randomUUID } from 'node:crypto';
import type { AuthorizationRequest, AwsCall, AwsService } from './aws-call.ts';
import { AwsServiceError, jsonAnswer, jsonError, targetOperation } from './protocols.ts';
import { createSecretStore, type Secret, type SecretStore, type StoredSecret } from './secret-store.ts';

export type { Secret } from './secret-store.ts';

export interface SecretsManagerService extends AwsService {
  addSecret(secret: Secret): void;
  /** What an operator does in the console. */
  putSecretString(secretId: string, secretString: string): void;
}

interface Input {
  Name?: string;
  Description?: string;
  SecretId?: string;
  SecretString?: string;
  VersionId?: string;
  VersionStage?: string;
  ClientRequestToken?: string;
  ForceDeleteWithoutRecovery?: boolean;
}

/** @see https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_Operations.html */
export function createSecretsManagerService(deps: {
  secrets: Secret[];
  accountId: string;
  region: string;
  nowMs: () => number;
}): SecretsManagerService {
  const store = createSecretStore(deps);
  const arnPrefix = `arn:aws:secretsmanager:${deps.region}:${deps.accountId}:secret:`;
  const operations = operationsOn(store, arnPrefix, deps.nowMs);

  return {
    service: 'secretsmanager',
    addSecret: (secret) => void store.add(secret),
    putSecretString: (secretId, secretString) => store.put(store.get(secretId), secretString, randomUUID()),
    operationOf: ({ headers }) =>
      targetOperation(headers, { targetPrefix: 'secretsmanager', version: '1.1' }),
    authorizations: (call) => [
      authorizationOf(store, arnPrefix, call),
      ...keyAuthorizations(store, call, deps),
    ],
    async answer(call) {
      const operation = operations[call.operation];
      if (!operation) throw new AwsServiceError('UnknownOperationException', call.operation);
      return jsonAnswer(operation(call.json() as Input));
    },
    error: jsonError,
  };
}

function operationsOn(
  store: SecretStore,
  arnPrefix: string,
  nowMs: () => number,
): Record<string, (input: Input) => object> {
  const putString = (secret: StoredSecret, input: Input) => {
    if (input.SecretString === undefined) return {};
    const versionId = input.ClientRequestToken ?? randomUUID();
    store.put(secret, input.SecretString, versionId);
    return { VersionId: versionId, VersionStages: ['AWSCURRENT'] };
  };
  return {
    CreateSecret(input) {
      const name = input.Name ?? '';
      if (store.find(name)) throw new AwsServiceError('ResourceExistsException', `${name} already exists.`);
      const secret = store.add({
        name,
        secretArn: `${arnPrefix}${name}-${randomBytes(3).toString('hex')}`,
        description: input.Description ?? '',
      });
      return { ...identity(secret), ...putString(secret, input) };
    },
    GetSecretValue: (input) => secretValue(usable(store.get(input.SecretId)), input),
    PutSecretValue(input) {
      const secret = usable(store.get(input.SecretId));
      if (input.SecretString === undefined) {
        throw new AwsServiceError('InvalidRequestException', 'You must provide SecretString.');
      }
      return { ...identity(secret), ...putString(secret, input) };
    },
    DescribeSecret: (input) => described(store.get(input.SecretId)),
    /** At once if that is asked for. Otherwise its value cannot be read until it is restored, and nothing is deleted later. */
    DeleteSecret(input) {
      const secret = store.get(input.SecretId);
      if (input.ForceDeleteWithoutRecovery === true) store.remove(secret);
      secret.deletedAtMs = nowMs();
      return { ...identity(secret), DeletionDate: nowMs() / 1000 };
    },
    RestoreSecret(input) {
      const secret = store.get(input.SecretId);
      delete secret.deletedAtMs;
      return identity(secret);
    },
  };
}

function usable(secret: StoredSecret): StoredSecret {
  if (secret.deletedAtMs === undefined) return secret;
  const message = "You can't perform this operation on the secret because it was marked for deletion.";
  throw new AwsServiceError('InvalidRequestException', message);
}

function secretValue(secret: StoredSecret, { VersionId, VersionStage }: Input): object {
  const wanted = [...secret.stages].find(([stage, version]) =>
    VersionId === undefined
      ? stage === (VersionStage ?? 'AWSCURRENT')
      : version.versionId === VersionId && (VersionStage === undefined || stage === VersionStage),
  );
  if (!wanted) {
    const label = `staging label: ${VersionStage ?? 'AWSCURRENT'}`;
    const missing = VersionId === undefined ? label : `VersionId: ${VersionId}`;
    const message = `Secrets Manager can't find the specified secret value for ${missing}`;
    throw new AwsServiceError('ResourceNotFoundException', message);
  }
  const [stage, version] = wanted;
  return {
    ...identity(secret),
    VersionId: version.versionId,
    SecretString: version.secretString,
    VersionStages: [stage],
    CreatedDate: version.createdAtMs / 1000,
  };
}

function described(secret: StoredSecret) {
  return {
    ...identity(secret),
    Description: secret.description,
    CreatedDate: secret.createdAtMs / 1000,
    VersionIdsToStages: Object.fromEntries([...secret.stages].map(([stage, v]) => [v.versionId, [stage]])),
  };
}

function identity({ secretArn, name }: Secret) {
  return { ARN: secretArn, Name: name };
}

function authorizationOf(store: SecretStore, arnPrefix: string, call: AwsCall): AuthorizationRequest {
  const { SecretId, Name, VersionStage } = call.json() as Input;
  const action = `secretsmanager:${call.operation}`;
  if (call.operation === 'CreateSecret') {
    return { action, resource: `${arnPrefix}${Name}`, context: { 'secretsmanager:Name': Name ?? '' } };
  }
  const resource = store.find(SecretId ?? '')?.secretArn ?? `${arnPrefix}${SecretId}`;
  const stage = call.operation === 'GetSecretValue' && {
    'secretsmanager:VersionStage': VersionStage ?? 'AWSCURRENT',
  };
  return { action, resource, context: { 'secretsmanager:SecretId': resource, ...stage } };
}

const KEY_USES: Readonly<Record<string, readonly string[]>> = {
  GetSecretValue: ['Decrypt'],
  PutSecretValue: ['Decrypt', 'GenerateDataKey'],
};

/**
 * Secrets Manager uses a customer-managed key as the caller.
 * @see https://docs.aws.amazon.com/secretsmanager/latest/userguide/security-encryption.html
 */
function keyAuthorizations(
  store: SecretStore,
  call: AwsCall,
  { accountId, region }: { readonly accountId: string; readonly region: string },
): AuthorizationRequest[] {
  const secret = store.find((call.json() as Input).SecretId ?? '');
  if (secret?.kmsKeyArn === undefined) return [];
  const { kmsKeyArn, secretArn } = secret;
  const context = {
    'kms:CallerAccount': accountId,
    'kms:ViaService': `secretsmanager.${region}.amazonaws.com`,
    'kms:EncryptionContext:SecretARN': secretArn,
    'kms:EncryptionContextKeys': ['SecretARN', 'SecretVersionId'],
  };
  return (KEY_USES[call.operation] ?? []).map((use) => ({
    action: `kms:${use}`,
    resource: kmsKeyArn,
    context,
  }));
}
