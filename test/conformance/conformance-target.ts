import { type AwsEndpoint, createAwsEndpoint } from '../../local/aws/aws-endpoint.ts';
import { createDynamoDbService } from '../../local/aws/dynamodb/dynamodb-service.ts';
import { createAuthorizer } from '../../local/aws/iam/authorizer.ts';
import type { IamDirectory, IamRole } from '../../local/aws/iam-directory.ts';
import { createKmsService } from '../../local/aws/kms/kms-service.ts';
import { createSchedulerService } from '../../local/aws/scheduler/scheduler-service.ts';
import { createSecretsManagerService } from '../../local/aws/secrets-manager-service.ts';

/**
 * Where a conformance suite runs. With `ENDPOINT` in the environment: there, with the default credentials
 * and region, and with `KMS_KEY_ID`, `SCHEDULER_TARGET_ARN` and `SCHEDULER_ROLE_ARN` naming what the suites
 * do not make themselves. Without it: against the stand-ins, started for the suite.
 */
export interface ConformanceTarget {
  clientConfig: {
    endpoint: string;
    region: string;
    credentials?: { accessKeyId: string; secretAccessKey: string };
  };
  kmsKeyId: string;
  scheduleTargetArn: string;
  scheduleRoleArn: string;
  stop(): Promise<void>;
}

const accountId = '111122223333';
const region = 'us-east-1';
const keyArn = `arn:aws:kms:${region}:${accountId}:key/11111111-2222-3333-4444-555555555555`;
const functionArn = `arn:aws:lambda:${region}:${accountId}:function:target`;

export async function conformanceTarget(): Promise<ConformanceTarget> {
  const { ENDPOINT, AWS_REGION, KMS_KEY_ID, SCHEDULER_TARGET_ARN, SCHEDULER_ROLE_ARN } = process.env;
  if (ENDPOINT) {
    return {
      clientConfig: { endpoint: ENDPOINT, region: AWS_REGION ?? region },
      kmsKeyId: KMS_KEY_ID ?? 'KMS_KEY_ID is not set',
      scheduleTargetArn: SCHEDULER_TARGET_ARN ?? 'SCHEDULER_TARGET_ARN is not set',
      scheduleRoleArn: SCHEDULER_ROLE_ARN ?? 'SCHEDULER_ROLE_ARN is not set',
      stop: async () => undefined,
    };
  }
  const directory = directoryOfOne();
  const endpoint = standIns(directory);
  const { url } = await endpoint.start();
  const { accessKeyId, secretAccessKey, roleArn } = tester;
  return {
    clientConfig: { endpoint: url, region, credentials: { accessKeyId, secretAccessKey } },
    kmsKeyId: keyArn,
    scheduleTargetArn: functionArn,
    scheduleRoleArn: roleArn,
    stop: () => endpoint.stop(),
  };
}

/** A name that no earlier run has used. */
export const uniqueName = (prefix: string): string => `${prefix}-${Date.now()}`;

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
  return { accountId, region, roles: [tester], keyPolicies: new Map([[keyArn, keyPolicy]]) };
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
      createSchedulerService({ ...account, authorizer, deliver: async () => undefined }),
    ],
  });
}
