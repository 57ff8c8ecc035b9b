import { describe, expect, it } from 'vitest';
import {
  createAlarmInspector,
  createLogInspector,
  createQuotaInspector,
  createTopicInspector,
} from '../../../functions/adapters/aws/account-inspection.ts';
import { createLambdaClient } from '../../../functions/adapters/aws/clients.ts';
import { createResourceLister } from '../../../functions/adapters/cloudformation/stack-outputs.ts';
import { createReconcilerRunner } from '../../../functions/adapters/lambda/reconciler.ts';
import {
  createLocalAccount,
  createServiceQuotasService,
  createSnsService,
} from '../../../local/aws/account-services.ts';
import type { AwsService } from '../../../local/aws/aws-call.ts';
import { createCloudFormationService } from '../../../local/aws/cloudformation-service.ts';
import type { AlarmState } from '../../../local/aws/cloudwatch/alarm-states.ts';
import { createCloudWatchService } from '../../../local/aws/cloudwatch/cloudwatch-service.ts';
import { createMetricStore } from '../../../local/aws/cloudwatch/metric-store.ts';
import { createLambdaService } from '../../../local/aws/lambda-service.ts';
import { createLogsService } from '../../../local/aws/logs-service.ts';
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

const here = { accountId, region, nowMs: () => START_AT_MS };
const operator = roleNamed('operator', [allowAll]);
const stranger = roleNamed('stranger', []);

type Config = ReturnType<typeof clientConfig>;

function asking(services: AwsService[], ask: (config: Config, asStranger: Config) => Promise<void>) {
  return withEndpoint({ directory: directoryOf(operator, stranger), services }, (url) =>
    ask(clientConfig(url, operator), clientConfig(url, stranger)),
  );
}

const alarmArn = (name: string) => `arn:aws:cloudwatch:${region}:${accountId}:alarm:${name}`;

describe('What verify asks of AWS', () => {
  it('lists the resources of one type, with those of nested stacks', () => {
    const group = (logicalId: string) => ({ logicalId, type: 'AWS::Logs::LogGroup', physicalId: logicalId });
    const nestedArn = `arn:aws:cloudformation:${region}:${accountId}:stack/Photos-Nested/1`;
    const nested = { logicalId: 'Nested', type: 'AWS::CloudFormation::Stack', physicalId: nestedArn };
    const service = createCloudFormationService({
      ...here,
      outputsOf: () => ({}),
      stackNames: () => ['Photos'],
      resourcesOf: (name) => (name === 'Photos' ? [group('One'), nested] : [group('Two')]),
    });
    return asking([service], async (config, asStranger) => {
      expect(await createResourceLister(config)('Photos', 'AWS::Logs::LogGroup')).toEqual(['One', 'Two']);
      expect(await createResourceLister(config)('Photos', 'AWS::CloudWatch::Alarm')).toEqual([]);
      expect(await errorNameOf(createResourceLister(asStranger)('Photos', 'x'))).toMatch(/AccessDenied/);
    });
  });

  it('finds composite alarms, and what they depend on', () => {
    const condition = { reason: 'not evaluated' };
    const states: readonly AlarmState[] = [
      {
        alarm: {
          alarmName: 'V-a',
          alarmArn: alarmArn('V-a'),
          description: '',
          condition,
          actions: ['topic'],
        },
        state: 'OK',
        sinceMs: START_AT_MS,
      },
      {
        alarm: {
          alarmName: 'V-b',
          alarmArn: alarmArn('V-b'),
          description: '',
          condition,
          actions: ['topic'],
          composite: {
            rule: `ALARM("${alarmArn('V-b-watched')}")`,
            watchedName: 'V-b-watched',
            suppressorArn: alarmArn('V-never'),
          },
        },
        state: 'ALARM',
        sinceMs: START_AT_MS,
      },
    ];
    const service = createCloudWatchService({
      ...here,
      metrics: createMetricStore(),
      alarms: { now: () => states },
    });
    return asking([service], async (config) => {
      const found = await createAlarmInspector(config)(['V-a', 'V-b', 'V-b-watched', 'V-never', 'V-gone']);
      const facts = { actionsEnabled: true, dependsOn: [] };
      expect(found).toEqual([
        { ...facts, name: 'V-a', state: 'OK', actions: ['topic'] },
        { ...facts, name: 'V-b-watched', state: 'ALARM', actions: [] },
        {
          ...facts,
          name: 'V-b',
          state: 'ALARM',
          actions: ['topic'],
          dependsOn: ['V-b-watched', 'V-never'],
        },
        { ...facts, name: 'V-never', state: 'OK', actions: [] },
      ]);
    });
  });

  it('reads a log group from a moment on, page by page, and its retention', () => {
    const lines = Array.from({ length: 10_050 }, (_, index) => ({ atMs: index, text: `line ${index}` }));
    const service = createLogsService({
      accountId,
      region,
      groups: () => [{ name: '/vault', retentionDays: 90 }, { name: '/vault-2' }],
      linesOf: (name) => (name === '/vault' ? lines : []),
    });
    return asking([service], async (config) => {
      const inspector = createLogInspector(config);
      expect(await inspector.group('/vault')).toEqual({ name: '/vault', retentionDays: 90 });
      expect(await inspector.group('/vault-2')).toEqual({ name: '/vault-2', retentionDays: undefined });
      expect(await inspector.group('/va')).toBeUndefined();
      const read = await inspector.linesSince('/vault', 40);
      expect(read.lines).toHaveLength(10_010);
      expect(read).toMatchObject({ truncated: false });
      expect(read.lines.at(-1)).toBe('line 10049');
      expect(await errorNameOf(inspector.linesSince('/gone', 0))).toBe('ResourceNotFoundException');
    });
  });

  it('counts the subscriptions of a topic by whether they are confirmed', () => {
    const account = createLocalAccount();
    const topic = `arn:aws:sns:${region}:${accountId}:alarms`;
    account.subscriptions.set(topic, ['PendingConfirmation', `${topic}:1`, `${topic}:2`]);
    return asking([createSnsService(account)], async (config) => {
      expect(await createTopicInspector(config)(topic)).toEqual({ confirmed: 2, pending: 1 });
    });
  });

  it('reads the quotas of the account, and runs the reconciler', () => {
    const account = createLocalAccount();
    const lambda = createLambdaService({
      ...here,
      concurrency: () => ({ limit: 1_000, unreserved: 900 }),
      invoke: async (name) =>
        name === 'V-reconcile'
          ? { payload: '{"overdue":2,"rescheduled":1}' }
          : { payload: '{}', functionError: 'Unhandled' },
    });
    return asking([lambda, createServiceQuotasService(account)], async (config) => {
      const quotas = createQuotaInspector(config);
      expect(await quotas.concurrency()).toEqual({ limit: 1_000, unreserved: 900 });
      expect((await quotas.quotasOf('scheduler')).get('Number of schedules')).toBe(10_000_000);
      expect((await quotas.quotasOf('other')).size).toBe(0);
      const client = createLambdaClient(config);
      const run = (functionName: string) => createReconcilerRunner({ client, functionName })();
      expect(await run('V-reconcile')).toEqual({ overdue: 2, rescheduled: 1 });
      expect(await run('V-broken')).toBe('failed');
    });
  });
});
