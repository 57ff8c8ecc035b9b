import {
  CloudWatchClient,
  type CloudWatchClientConfig,
  GetMetricStatisticsCommand,
} from '@aws-sdk/client-cloudwatch';
import {
  DescribeContinuousBackupsCommand,
  DescribeTableCommand,
  DescribeTimeToLiveCommand,
  DynamoDBClient,
  type DynamoDBClientConfig,
} from '@aws-sdk/client-dynamodb';
import {
  DescribeKeyCommand,
  GetKeyPolicyCommand,
  GetKeyRotationStatusCommand,
  KMSClient,
  type KMSClientConfig,
  ListGrantsCommand,
} from '@aws-sdk/client-kms';
import {
  GetAliasCommand,
  GetFunctionConfigurationCommand,
  LambdaClient,
  type LambdaClientConfig,
} from '@aws-sdk/client-lambda';
import {
  GetScheduleGroupCommand,
  ListSchedulesCommand,
  SchedulerClient,
  type SchedulerClientConfig,
} from '@aws-sdk/client-scheduler';

/*
 * Looks at deployed resources for the command line, without using or changing them. These functions throw the SDK's own
 * errors, because the command line explains AWS's words to the operator.
 */

export interface KeyFacts {
  /** `Enabled`, `Disabled`, `PendingDeletion`, … */
  readonly state: string;
  readonly rotating: boolean;
  /** The policy document, parsed. */
  readonly policy: unknown;
  readonly grants: readonly KeyGrant[];
}

/** A way to use a key that its policy does not show. */
export interface KeyGrant {
  readonly grantee: string;
  readonly operations: readonly string[];
}

/** Looks at a key without using it. */
export type InspectKey = (keyArn: string) => Promise<KeyFacts>;

export function createKeyInspector(config: KMSClientConfig): InspectKey {
  const client = new KMSClient(config);
  return async (keyArn) => {
    const key = { KeyId: keyArn };
    const [described, rotation, policy, grants] = await Promise.all([
      client.send(new DescribeKeyCommand(key)),
      client.send(new GetKeyRotationStatusCommand(key)),
      client.send(new GetKeyPolicyCommand({ ...key, PolicyName: 'default' })),
      client.send(new ListGrantsCommand(key)),
    ]);
    return {
      state: described.KeyMetadata?.KeyState ?? 'unknown',
      rotating: rotation.KeyRotationEnabled === true,
      policy: JSON.parse(policy.Policy ?? '{}'),
      grants: (grants.Grants ?? []).map(({ GranteePrincipal = '', Operations = [] }) => ({
        grantee: GranteePrincipal,
        operations: Operations,
      })),
    };
  };
}

export interface TableFacts {
  /** `ACTIVE`, `UPDATING`, … */
  readonly status: string;
  readonly deletionProtection: boolean;
  readonly pointInTimeRecovery: boolean;
  readonly timeToLiveAttribute: string | undefined;
  readonly indexes: readonly string[];
}

/** Looks at a table without reading an item. `undefined` when there is no such table. */
export type InspectTable = (tableName: string) => Promise<TableFacts | undefined>;

export function createTableInspector(config: DynamoDBClientConfig): InspectTable {
  const client = new DynamoDBClient(config);
  const facts = async (TableName: string): Promise<TableFacts> => {
    const [table, backups, timeToLive] = await Promise.all([
      client.send(new DescribeTableCommand({ TableName })),
      client.send(new DescribeContinuousBackupsCommand({ TableName })),
      client.send(new DescribeTimeToLiveCommand({ TableName })),
    ]);
    const recovery = backups.ContinuousBackupsDescription?.PointInTimeRecoveryDescription;
    const { TimeToLiveStatus, AttributeName } = timeToLive.TimeToLiveDescription ?? {};
    return {
      status: table.Table?.TableStatus ?? 'unknown',
      deletionProtection: table.Table?.DeletionProtectionEnabled === true,
      pointInTimeRecovery: recovery?.PointInTimeRecoveryStatus === 'ENABLED',
      timeToLiveAttribute: /^ENABL/.test(TimeToLiveStatus ?? '') ? AttributeName : undefined,
      indexes: (table.Table?.GlobalSecondaryIndexes ?? []).map(({ IndexName = '' }) => IndexName),
    };
  };
  return (tableName) => unlessMissing(facts(tableName));
}

export interface FunctionFacts {
  readonly functionArn: string;
  readonly roleArn: string;
  readonly variables: Readonly<Record<string, string>>;
  /** False while it is being created or changed, and when the last change failed. */
  readonly ready: boolean;
  /** Where its output goes. */
  readonly logGroup?: string | undefined;
}

/** Looks at functions without running them. `undefined` or `false` when there is no such function or alias. */
export interface FunctionInspector {
  facts(functionName: string): Promise<FunctionFacts | undefined>;
  hasAlias(functionName: string, alias: string): Promise<boolean>;
}

export function createFunctionInspector(config: LambdaClientConfig): FunctionInspector {
  const client = new LambdaClient(config);
  return {
    async facts(functionName) {
      const command = new GetFunctionConfigurationCommand({ FunctionName: functionName });
      const found = await unlessMissing(client.send(command));
      return (
        found && {
          functionArn: found.FunctionArn ?? '',
          roleArn: found.Role ?? '',
          variables: found.Environment?.Variables ?? {},
          ready: found.State === 'Active' && found.LastUpdateStatus === 'Successful',
          logGroup: found.LoggingConfig?.LogGroup,
        }
      );
    },
    async hasAlias(functionName, alias) {
      const command = new GetAliasCommand({ FunctionName: functionName, Name: alias });
      return (await unlessMissing(client.send(command))) !== undefined;
    },
  };
}

export interface ScheduleFacts {
  readonly name: string;
  readonly enabled: boolean;
  readonly targetArn: string;
}

/** The first schedules of a group. `undefined` when there is no such group, or AWS is still deleting it. */
export type InspectGroup = (groupName: string) => Promise<readonly ScheduleFacts[] | undefined>;

const FIRST = 10;

export function createGroupInspector(config: SchedulerClientConfig): InspectGroup {
  const client = new SchedulerClient(config);
  const firstSchedules = async (GroupName: string): Promise<readonly ScheduleFacts[] | undefined> => {
    const { State } = await client.send(new GetScheduleGroupCommand({ Name: GroupName }));
    if (State === 'DELETING') return undefined;
    const { Schedules = [] } = await client.send(new ListSchedulesCommand({ GroupName, MaxResults: FIRST }));
    return Schedules.map(({ Name = '', State, Target }) => ({
      name: Name,
      enabled: State === 'ENABLED',
      targetArn: Target?.Arn ?? '',
    }));
  };
  return (groupName) => unlessMissing(firstSchedules(groupName));
}

export interface MetricQuestion {
  readonly namespace: string;
  readonly metric: string;
  readonly dimensions: Readonly<Record<string, string>>;
  readonly fromMs: number;
  readonly untilMs: number;
}

/** The sum of a metric between two moments. 0 when it has no value. */
export type SumMetric = (question: MetricQuestion) => Promise<number>;

const HOUR_SECONDS = 3_600;

export function createMetricSum(config: CloudWatchClientConfig): SumMetric {
  const client = new CloudWatchClient(config);
  return async ({ namespace, metric, dimensions, fromMs, untilMs }) => {
    const { Datapoints = [] } = await client.send(
      new GetMetricStatisticsCommand({
        Namespace: namespace,
        MetricName: metric,
        Dimensions: Object.entries(dimensions).map(([Name, Value]) => ({ Name, Value })),
        StartTime: new Date(fromMs),
        EndTime: new Date(untilMs),
        Period: HOUR_SECONDS,
        Statistics: ['Sum'],
      }),
    );
    return Datapoints.reduce((sum, { Sum = 0 }) => sum + Sum, 0);
  };
}

async function unlessMissing<Answer>(sent: Promise<Answer>): Promise<Answer | undefined> {
  try {
    return await sent;
  } catch (error) {
    if (error instanceof Error && error.name === 'ResourceNotFoundException') return undefined;
    throw error;
  }
}
