import {
  CloudWatchClient,
  type CloudWatchClientConfig,
  type CompositeAlarm,
  DescribeAlarmsCommand,
  type MetricAlarm,
} from '@aws-sdk/client-cloudwatch';
import {
  CloudWatchLogsClient,
  type CloudWatchLogsClientConfig,
  DescribeLogGroupsCommand,
  paginateFilterLogEvents,
} from '@aws-sdk/client-cloudwatch-logs';
import { GetAccountSettingsCommand, LambdaClient, type LambdaClientConfig } from '@aws-sdk/client-lambda';
import {
  paginateListServiceQuotas,
  ServiceQuotasClient,
  type ServiceQuotasClientConfig,
} from '@aws-sdk/client-service-quotas';
import { paginateListSubscriptionsByTopic, SNSClient, type SNSClientConfig } from '@aws-sdk/client-sns';

/*
 * Looks at what surrounds a vault in its account: alarms, subscriptions, logs and quotas. As in `inspection.ts`, nothing is
 * changed, and the SDK's own errors are thrown.
 */

export interface AlarmFacts {
  readonly name: string;
  /** `OK`, `ALARM` or `INSUFFICIENT_DATA`. */
  readonly state: string;
  readonly actionsEnabled: boolean;
  /** What it notifies when it fires. */
  readonly actions: readonly string[];
  /** The names of the alarms that a composite alarm depends on: in its rule, and the one that suppresses its actions. */
  readonly dependsOn: readonly string[];
}

/** The alarms of these names that exist. */
export type InspectAlarms = (names: readonly string[]) => Promise<readonly AlarmFacts[]>;

/** DescribeAlarms takes no more names. */
const MOST_NAMES = 100;

export function createAlarmInspector(config: CloudWatchClientConfig): InspectAlarms {
  const client = new CloudWatchClient(config);
  return async (names) => {
    const found: AlarmFacts[] = [];
    for (let start = 0; start < names.length; start += MOST_NAMES) {
      const AlarmNames = names.slice(start, start + MOST_NAMES);
      const { MetricAlarms = [], CompositeAlarms = [] } = await client.send(
        new DescribeAlarmsCommand({
          AlarmNames,
          AlarmTypes: ['MetricAlarm', 'CompositeAlarm'],
          MaxRecords: MOST_NAMES,
        }),
      );
      found.push(...[...MetricAlarms, ...CompositeAlarms].map(alarmFacts));
    }
    return found;
  };
}

function alarmFacts(alarm: MetricAlarm & CompositeAlarm): AlarmFacts {
  const { AlarmName, StateValue, ActionsEnabled, AlarmActions, AlarmRule, ActionsSuppressor } = alarm;
  return {
    name: AlarmName ?? '',
    state: StateValue ?? 'unknown',
    actionsEnabled: ActionsEnabled === true,
    actions: AlarmActions ?? [],
    dependsOn: [
      ...namesInRule(AlarmRule),
      ...(ActionsSuppressor === undefined ? [] : [ActionsSuppressor]),
    ].map((reference) => reference.split(':alarm:').at(-1) ?? reference),
  };
}

/** @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutCompositeAlarm.html */
function namesInRule(rule = ''): readonly string[] {
  const states = /\b(?:ALARM|OK|INSUFFICIENT_DATA)\("?([^"()]+)"?\)/g;
  return [...rule.matchAll(states)].map(([, reference = '']) => reference);
}

export interface TopicFacts {
  readonly confirmed: number;
  /** The recipient has not followed the link in the first message. */
  readonly pending: number;
}

/** Counts the subscriptions of a topic. */
export type InspectTopic = (topicArn: string) => Promise<TopicFacts>;

export function createTopicInspector(config: SNSClientConfig): InspectTopic {
  const client = new SNSClient(config);
  return async (TopicArn) => {
    const arns: string[] = [];
    for await (const { Subscriptions = [] } of paginateListSubscriptionsByTopic({ client }, { TopicArn })) {
      arns.push(...Subscriptions.map(({ SubscriptionArn = '' }) => SubscriptionArn));
    }
    const confirmed = arns.filter((arn) => arn.startsWith('arn:')).length;
    return { confirmed, pending: arns.length - confirmed };
  };
}

export interface LogGroupFacts {
  readonly name: string;
  /** Absent: its lines never expire. */
  readonly retentionDays: number | undefined;
}

export interface LoggedLines {
  readonly lines: readonly string[];
  /** There are more lines than were read. */
  readonly truncated: boolean;
}

export interface LogInspector {
  /** `undefined` when there is no such log group. */
  group(name: string): Promise<LogGroupFacts | undefined>;
  /** What was logged from a moment on, oldest first. */
  linesSince(groupName: string, fromMs: number): Promise<LoggedLines>;
}

const MOST_LINES = 20_000;

export function createLogInspector(config: CloudWatchLogsClientConfig): LogInspector {
  const client = new CloudWatchLogsClient(config);
  return {
    async group(name) {
      const { logGroups = [] } = await client.send(
        new DescribeLogGroupsCommand({ logGroupNamePrefix: name }),
      );
      const found = logGroups.find(({ logGroupName }) => logGroupName === name);
      return found && { name, retentionDays: found.retentionInDays };
    },
    async linesSince(logGroupName, startTime) {
      const lines: string[] = [];
      for await (const { events = [] } of paginateFilterLogEvents({ client }, { logGroupName, startTime })) {
        lines.push(...events.map(({ message = '' }) => message));
        if (lines.length >= MOST_LINES) return { lines, truncated: true };
      }
      return { lines, truncated: false };
    },
  };
}

export interface ConcurrencyFacts {
  /** The quota `Concurrent executions`. */
  readonly limit: number;
  /** What no function has reserved. */
  readonly unreserved: number;
}

export interface QuotaInspector {
  concurrency(): Promise<ConcurrencyFacts>;
  /** The quotas that apply in this account and Region, by their names. */
  quotasOf(serviceCode: string): Promise<ReadonlyMap<string, number>>;
}

/**
 * @see https://docs.aws.amazon.com/lambda/latest/api/API_GetAccountSettings.html
 * @see https://docs.aws.amazon.com/servicequotas/2019-06-24/apireference/API_ListServiceQuotas.html
 */
export function createQuotaInspector(config: LambdaClientConfig & ServiceQuotasClientConfig): QuotaInspector {
  const lambda = new LambdaClient(config);
  const client = new ServiceQuotasClient(config);
  return {
    async concurrency() {
      const { AccountLimit = {} } = await lambda.send(new GetAccountSettingsCommand({}));
      const { ConcurrentExecutions: limit = 0, UnreservedConcurrentExecutions: unreserved = limit } =
        AccountLimit;
      return { limit, unreserved };
    },
    async quotasOf(ServiceCode) {
      const found = new Map<string, number>();
      for await (const { Quotas = [] } of paginateListServiceQuotas({ client }, { ServiceCode })) {
        for (const { QuotaName = '', Value } of Quotas) if (Value !== undefined) found.set(QuotaName, Value);
      }
      return found;
    },
  };
}
