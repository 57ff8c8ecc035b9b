import { describe, expect, it } from 'vitest';
import {
  createFunctionInspector,
  createGroupInspector,
  createKeyInspector,
  createMetricSum,
  createTableInspector,
} from '../../../functions/adapters/aws/inspection.ts';
import {
  createOutputsLister,
  createStackReader,
} from '../../../functions/adapters/cloudformation/stack-outputs.ts';
import type { AwsService } from '../../../local/aws/aws-call.ts';
import { createCloudFormationService } from '../../../local/aws/cloudformation-service.ts';
import { createCloudWatchService } from '../../../local/aws/cloudwatch/cloudwatch-service.ts';
import { embeddedMeasurements } from '../../../local/aws/cloudwatch/embedded-metrics.ts';
import { createMetricStore } from '../../../local/aws/cloudwatch/metric-store.ts';
import { createDynamoDbService } from '../../../local/aws/dynamodb/dynamodb-service.ts';
import { createAuthorizer } from '../../../local/aws/iam/authorizer.ts';
import type { IamDirectory } from '../../../local/aws/iam-directory.ts';
import { createKmsService } from '../../../local/aws/kms/kms-service.ts';
import { createLambdaService } from '../../../local/aws/lambda-service.ts';
import { createSchedulerService } from '../../../local/aws/scheduler/scheduler-service.ts';
import { createFunctionVersions } from '../../../local/functions/function-versions.ts';
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

const here = { accountId, region, nowMs: () => START_AT_MS };
const operator = roleNamed('operator', [allowAll]);
const stranger = roleNamed('stranger', []);

type Config = ReturnType<typeof clientConfig>;

/** Asks a stand-in through the SDK, as a principal that is allowed to. */
function asking(
  service: AwsService | ((directory: IamDirectory) => AwsService),
  ask: (config: Config, asStranger: Config) => Promise<void>,
) {
  const directory = directoryOf(operator, stranger);
  const services = [typeof service === 'function' ? service(directory) : service];
  return withEndpoint({ directory, services }, (url) =>
    ask(clientConfig(url, operator), clientConfig(url, stranger)),
  );
}

describe('CloudFormation', () => {
  const service = createCloudFormationService({
    ...here,
    outputsOf: (name) => (name === 'Vault' ? { ApiUrl: 'https://vault.example/?a=1&b=<2>' } : undefined),
    stackNames: () => ['Vault'],
  });

  it('shows the outputs of a stack, escaped as XML wants it, and that there is no other', () =>
    asking(service, async (config) => {
      const read = createStackReader(config);
      expect(await read('Vault')).toEqual({
        status: 'CREATE_COMPLETE',
        outputs: { ApiUrl: 'https://vault.example/?a=1&b=<2>' },
        terminationProtection: true,
      });
      expect(await read('Other')).toBeUndefined();
    }));

  it('tells the outputs of all stacks', () =>
    asking(service, async (config) => {
      expect([...(await createOutputsLister(config)())]).toEqual([
        ['Vault', { ApiUrl: 'https://vault.example/?a=1&b=<2>' }],
      ]);
    }));

  it('answers only callers with permission', () =>
    asking(service, async (_, asStranger) => {
      expect(await errorNameOf(createStackReader(asStranger)('Vault'))).toMatch(/AccessDenied/);
    }));
});

describe('CloudWatch', () => {
  const printed = (atMs: number, value: number, service = 'Vault') => ({
    _aws: {
      Timestamp: atMs,
      CloudWatchMetrics: [{ Namespace: 'N', Dimensions: [['service']], Metrics: [{ Name: 'Beat' }] }],
    },
    service,
    Beat: [value],
  });
  const metrics = createMetricStore();
  const lines = [
    printed(START_AT_MS - 5_000, 1),
    printed(START_AT_MS - 3_000_000, 2),
    printed(START_AT_MS - 9_000_000, 4),
    printed(START_AT_MS - 5_000, 8, 'Other'),
    {},
  ];
  for (const measurement of lines.flatMap(embeddedMeasurements)) metrics.record(measurement);

  it('sums what the functions printed, of that metric, in that time', () =>
    asking(createCloudWatchService({ ...here, metrics, alarms: { now: () => [] } }), async (config) => {
      const sum = createMetricSum(config);
      const question = {
        namespace: 'N',
        metric: 'Beat',
        dimensions: { service: 'Vault' },
        untilMs: START_AT_MS,
      };
      expect(await sum({ ...question, fromMs: START_AT_MS - 3_600_000 })).toBe(3);
      expect(await sum({ ...question, fromMs: START_AT_MS - 10_800_000 })).toBe(7);
      expect(await sum({ ...question, metric: 'Nothing', fromMs: 0 })).toBe(0);
    }));
});

describe('DynamoDB', () => {
  it('shows how a table is protected, as in the template and as changed since', async () => {
    const service = createDynamoDbService(here);
    await service.createTable({
      TableName: 'Table',
      KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
      AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'S' }],
      deletionProtection: true,
      pointInTimeRecovery: true,
      timeToLiveAttribute: 'ttl',
    });
    await asking(service, async (config) => {
      const inspect = createTableInspector(config);
      const facts = { status: 'ACTIVE', deletionProtection: true, timeToLiveAttribute: 'ttl', indexes: [] };
      expect(await inspect('Table')).toEqual({ ...facts, pointInTimeRecovery: true });
      service.protect('Table', { pointInTimeRecovery: false });
      expect(await inspect('Table')).toEqual({ ...facts, pointInTimeRecovery: false });
      expect(await inspect('Gone')).toBeUndefined();
    });
  });
});

describe('KMS', () => {
  it('shows a key’s state, rotation, policy and grants', () => {
    const keyArn = `arn:aws:kms:${region}:${accountId}:key/11111111-2222-3333-4444-555555555555`;
    const root = { AWS: `arn:aws:iam::${accountId}:root` };
    const policy = policyOf({ Effect: 'Allow', Principal: root, Action: 'kms:*', Resource: '*' });
    const keys = (directory: IamDirectory) => {
      directory.keyPolicies.set(keyArn, policy);
      const service = createKmsService({
        keys: [{ keyArn, rotating: true }],
        keyPolicyOf: (arn) => directory.keyPolicies.get(arn),
      });
      service.setGrants(keyArn, [{ granteePrincipal: 'another-role', operations: ['Decrypt'] }]);
      return service;
    };
    return asking(keys, async (config) => {
      expect(await createKeyInspector(config)(keyArn)).toEqual({
        state: 'Enabled',
        rotating: true,
        policy,
        grants: [{ grantee: 'another-role', operations: ['Decrypt'] }],
      });
    });
  });
});

describe('Lambda', () => {
  it('shows what a function runs with, and which aliases it has', () => {
    const service = createLambdaService({
      ...here,
      invoke: async () => ({ payload: '' }),
      exists: ({ functionName, qualifier }) => functionName === 'f' && qualifier === 'live',
      controlOf: (name) =>
        name === 'f'
          ? {
              roleArn: 'role',
              variables: { TABLE: 'T' },
              versions: createFunctionVersions(['live']),
              reservedConcurrency: () => undefined,
              reserveConcurrency: () => undefined,
            }
          : undefined,
    });
    return asking(service, async (config) => {
      const inspector = createFunctionInspector(config);
      expect(await inspector.facts('f')).toEqual({
        functionArn: `arn:aws:lambda:${region}:${accountId}:function:f`,
        roleArn: 'role',
        ready: true,
        variables: { TABLE: 'T' },
      });
      expect(await inspector.facts('g')).toBeUndefined();
      expect(await inspector.hasAlias('f', 'live')).toBe(true);
      expect(await inspector.hasAlias('f', 'dead')).toBe(false);
    });
  });
});

describe('Scheduler', () => {
  it('shows the schedules of a group, and whether there is one', () => {
    const schedules = (directory: IamDirectory) => {
      const authorizer = createAuthorizer(directory);
      const service = createSchedulerService({ ...here, authorizer, deliver: async () => undefined });
      service.createGroup('G');
      return service;
    };
    return asking(schedules, async (config) => {
      const inspect = createGroupInspector(config);
      expect(await inspect('G')).toEqual([]);
      expect(await inspect('Gone')).toBeUndefined();
    });
  });
});
