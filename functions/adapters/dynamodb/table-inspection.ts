import {
  DescribeContinuousBackupsCommand,
  DescribeTableCommand,
  DescribeTimeToLiveCommand,
  DynamoDBClient,
  type DynamoDBClientConfig,
  ResourceNotFoundException,
} from '@aws-sdk/client-dynamodb';

export interface TableFacts {
  /** `ACTIVE`, `UPDATING`, … */
  readonly status: string;
  readonly deletionProtection: boolean;
  readonly pointInTimeRecovery: boolean;
  readonly timeToLiveAttribute: string | undefined;
  readonly indexes: readonly string[];
}

/** Looks at a table without reading an item. `undefined`: there is none. Throws the SDK's own errors. */
export type InspectTable = (tableName: string) => Promise<TableFacts | undefined>;

export function createTableInspector(config: DynamoDBClientConfig): InspectTable {
  const client = new DynamoDBClient(config);
  return async (TableName) => {
    try {
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
    } catch (error) {
      if (error instanceof ResourceNotFoundException) return undefined;
      throw error;
    }
  };
}
