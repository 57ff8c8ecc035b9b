import { randomUUID } from 'node:crypto';
import type { AwsService } from './aws-call.ts';
import { AwsServiceError, jsonAnswer, jsonError, targetOperation } from './protocols.ts';

export interface Secret {
  /** With the random suffix, as CloudFormation's Ref gives it. */
  secretArn: string;
  name: string;
  description?: string;
  /** Absent: the secret exists but has never been filled. */
  secretString?: string;
}

export interface SecretsManagerService extends AwsService {
  addSecret(secret: Secret): void;
  /** What an operator does in the console. */
  putSecretString(secretId: string, secretString: string): void;
}

interface Version {
  versionId: string;
  secretString: string;
  createdAtMs: number;
}

interface StoredSecret extends Secret {
  /** AWSCURRENT and AWSPREVIOUS. */
  stages: Map<string, Version>;
  createdAtMs: number;
}

interface Input {
  SecretId?: string;
  SecretString?: string;
  VersionId?: string;
  VersionStage?: string;
  ClientRequestToken?: string;
}

/** @see https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_GetSecretValue.html */
export function createSecretsManagerService(deps: {
  secrets: Secret[];
  accountId: string;
  region: string;
  nowMs: () => number;
}): SecretsManagerService {
  const secrets: StoredSecret[] = [];
  const find = (secretId: string) => secrets.find((s) => answersTo(s, secretId));
  const get = (secretId: string | undefined) => {
    const secret = find(secretId ?? '');
    if (!secret) throw notFound("Secrets Manager can't find the specified secret.");
    return secret;
  };
  const put = (secret: StoredSecret, secretString: string, versionId: string) => {
    const current = secret.stages.get('AWSCURRENT');
    if (current?.versionId === versionId) {
      if (current.secretString === secretString) return;
      throw new AwsServiceError('ResourceExistsException', 'a different value has this ClientRequestToken');
    }
    if (current) secret.stages.set('AWSPREVIOUS', current);
    secret.stages.set('AWSCURRENT', { versionId, secretString, createdAtMs: deps.nowMs() });
  };
  const addSecret = (secret: Secret) => {
    const stored = { ...secret, stages: new Map(), createdAtMs: deps.nowMs() };
    secrets.push(stored);
    if (secret.secretString !== undefined) put(stored, secret.secretString, randomUUID());
  };
  deps.secrets.forEach(addSecret);

  const operations: Record<string, (secret: StoredSecret, input: Input) => object> = {
    GetSecretValue: getSecretValue,
    PutSecretValue(secret, input) {
      if (input.SecretString === undefined) {
        throw new AwsServiceError('InvalidRequestException', 'You must provide SecretString.');
      }
      const versionId = input.ClientRequestToken ?? randomUUID();
      put(secret, input.SecretString, versionId);
      return { ...identity(secret), VersionId: versionId, VersionStages: ['AWSCURRENT'] };
    },
    DescribeSecret: (secret) => ({
      ...identity(secret),
      Description: secret.description,
      CreatedDate: secret.createdAtMs / 1000,
      VersionIdsToStages: Object.fromEntries([...secret.stages].map(([stage, v]) => [v.versionId, [stage]])),
    }),
  };

  return {
    service: 'secretsmanager',
    addSecret,
    putSecretString: (secretId, secretString) => put(get(secretId), secretString, randomUUID()),
    operationOf: ({ headers }) => targetOperation(headers),
    authorizations(call) {
      const input = call.json() as Input;
      const named = `arn:aws:secretsmanager:${deps.region}:${deps.accountId}:secret:${input.SecretId}`;
      const resource = find(input.SecretId ?? '')?.secretArn ?? named;
      const context = {
        'secretsmanager:SecretId': resource,
        ...(call.operation === 'GetSecretValue' && {
          'secretsmanager:VersionStage': input.VersionStage ?? 'AWSCURRENT',
        }),
      };
      return [{ action: `secretsmanager:${call.operation}`, resource, context }];
    },
    async answer(call) {
      const operation = operations[call.operation];
      if (!operation) throw new AwsServiceError('UnknownOperationException', call.operation);
      const input = call.json() as Input;
      return jsonAnswer(operation(get(input.SecretId), input));
    },
    error: jsonError,
  };
}

function getSecretValue(secret: StoredSecret, { VersionId, VersionStage }: Input): object {
  const wanted = [...secret.stages].find(([stage, version]) =>
    VersionId === undefined
      ? stage === (VersionStage ?? 'AWSCURRENT')
      : version.versionId === VersionId && (VersionStage === undefined || stage === VersionStage),
  );
  if (!wanted) {
    const missing =
      VersionId === undefined ? `staging label: ${VersionStage ?? 'AWSCURRENT'}` : `VersionId: ${VersionId}`;
    throw notFound(`Secrets Manager can't find the specified secret value for ${missing}`);
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

/** A secret is meant by its name, its ARN, or its ARN without the six random characters. */
const answersTo = ({ name, secretArn }: Secret, secretId: string) =>
  secretId === name || secretId === secretArn || secretId === secretArn.replace(/-[A-Za-z0-9]{6}$/, '');

const identity = ({ secretArn, name }: Secret) => ({ ARN: secretArn, Name: name });

const notFound = (message: string) => new AwsServiceError('ResourceNotFoundException', message);
