import { randomBytes } from 'node:crypto';
import { type AwsEndpoint, createAwsEndpoint } from '../../local/aws/aws-endpoint.ts';
import { createDynamoDbService } from '../../local/aws/dynamodb/dynamodb-service.ts';
import { createEventBridgeService } from '../../local/aws/event-bridge-service.ts';
import { createAuthorizer } from '../../local/aws/iam/authorizer.ts';
import type { IamDirectory, IamRole } from '../../local/aws/iam-directory.ts';
import { createKmsService } from '../../local/aws/kms/kms-service.ts';
import { createRoleSessions } from '../../local/aws/role-sessions.ts';
import { createSchedulerService } from '../../local/aws/scheduler/scheduler-service.ts';
import { createSecretsManagerService } from '../../local/aws/secrets-manager-service.ts';

/**
 * Where a conformance suite runs, by `ENDPOINT` in the environment:
 * - unset: against the stand-ins, started for the suite;
 * - a URL: there;
 * - `aws`: the services themselves, in the region and with the credentials of the SDK's default chain.
 * What the suites do not make themselves is named by `KMS_KEY_ID`, `SCHEDULER_TARGET_ARN` and `SCHEDULER_ROLE_ARN`.
 */
export interface ConformanceTarget {
  readonly clientConfig: {
    readonly endpoint?: string;
    readonly region?: string;
    readonly credentials?: { readonly accessKeyId: string; readonly secretAccessKey: string };
  };
  readonly kmsKeyId: string;
  readonly scheduleTargetArn: string;
  readonly scheduleRoleArn: string;
  stop(): Promise<void>;
}

const accountId = '111122223333';
const region = 'us-east-1';
const keyArn = `arn:aws:kms:${region}:${accountId}:key/11111111-2222-3333-4444-555555555555`;
const functionArn = `arn:aws:lambda:${region}:${accountId}:function:target`;

export async function conformanceTarget(): Promise<ConformanceTarget> {
  const { ENDPOINT } = process.env;
  if (ENDPOINT) return elsewhere(ENDPOINT);
  const { url, credentials, stop } = await startStandIns();
  return {
    clientConfig: { endpoint: url, region, credentials },
    kmsKeyId: keyArn,
    scheduleTargetArn: functionArn,
    scheduleRoleArn: tester.roleArn,
    stop,
  };
}

function elsewhere(endpoint: string): ConformanceTarget {
  return {
    clientConfig:
      endpoint === 'aws' ? {} : { endpoint, region: process.env.AWS_REGION ?? region, ...anyKey(endpoint) },
    get kmsKeyId() {
      return named(
        'KMS_KEY_ID',
        'a symmetric KMS key that may be used for Encrypt, Decrypt and GenerateDataKey',
      );
    },
    get scheduleTargetArn() {
      return named('SCHEDULER_TARGET_ARN', 'a Lambda function; its schedules are deleted before they fire');
    },
    get scheduleRoleArn() {
      return named('SCHEDULER_ROLE_ARN', 'a role that scheduler.amazonaws.com may assume');
    },
    stop: async () => undefined,
  };
}

/** DynamoDB on one machine wants a signature and does not look whose. */
function anyKey(endpoint: string): Pick<ConformanceTarget['clientConfig'], 'credentials'> {
  const isLocal = ['127.0.0.1', 'localhost', '[::1]'].includes(new URL(endpoint).hostname);
  if (!isLocal || process.env.AWS_ACCESS_KEY_ID || process.env.AWS_PROFILE) return {};
  return { credentials: { accessKeyId: 'anything', secretAccessKey: 'anything' } };
}

function named(variable: string, what: string): string {
  const value = process.env[variable];
  if (value) return value;
  throw new Error(`Set ${variable} to ${what}.`);
}

/** The stand-ins on a free port, and a caller that may do everything there. */
export async function startStandIns() {
  const endpoint = standIns(directoryOfOne());
  const { url } = await endpoint.start();
  const { accessKeyId, secretAccessKey, roleArn } = tester;
  const credentials = { accessKeyId, secretAccessKey };
  return { url, region, credentials, keyArn, functionArn, roleArn, stop: () => endpoint.stop() };
}

/** A name that no other run uses, now or earlier. */
export function uniqueName(prefix: string): string {
  return `${prefix}-${Date.now()}-${randomBytes(4).toString('hex')}`;
}

export async function errorNameOf(call: Promise<unknown>): Promise<string> {
  return call.then(
    () => 'no error',
    (error: Error) => error.name,
  );
}

const tester: IamRole = {
  roleName: 'tester',
  roleArn: `arn:aws:iam::${accountId}:role/tester`,
  accessKeyId: 'AKIATESTER',
  secretAccessKey: 'secret-of-tester',
  policies: [
    {
      name: 'everything',
      document: { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: '*', Resource: '*' }] },
    },
  ],
  trust: {
    Version: '2012-10-17',
    Statement: [
      { Effect: 'Allow', Principal: { Service: 'scheduler.amazonaws.com' }, Action: 'sts:AssumeRole' },
    ],
  },
};

function directoryOfOne(): IamDirectory {
  const root = { AWS: `arn:aws:iam::${accountId}:root` };
  const keyPolicy = {
    Version: '2012-10-17',
    Statement: [{ Effect: 'Allow', Principal: root, Action: 'kms:*', Resource: '*' }],
  };
  return {
    accountId,
    region,
    roles: [tester],
    keyPolicies: new Map([[keyArn, keyPolicy]]),
    sessions: createRoleSessions(),
  };
}

function standIns(directory: IamDirectory): AwsEndpoint {
  const authorizer = createAuthorizer(directory);
  const account = { accountId, region, nowMs: Date.now };
  return createAwsEndpoint({
    directory,
    authorizer,
    nowMs: Date.now,
    services: [
      createKmsService({ keys: [{ keyArn }] }),
      createSecretsManagerService({ ...account, secrets: [] }),
      createDynamoDbService(account),
      createEventBridgeService(account),
      createSchedulerService({ ...account, authorizer, deliver: async () => undefined }),
    ],
  });
}
