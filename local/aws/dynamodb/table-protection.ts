import type { AwsAnswer } from '../aws-call.ts';
import { AwsServiceError, jsonAnswer } from '../protocols.ts';
import type { TableProperties, TableProtection } from './table-schema.ts';

/** Answers the two questions that dynalite does not know; `undefined` for every other operation. */
export function describeProtection(
  operation: string,
  tables: ReadonlyMap<string, TableProperties>,
  protections: ReadonlyMap<string, TableProtection>,
  tableName = '',
): AwsAnswer | undefined {
  const describe = DESCRIPTIONS[operation];
  if (!describe) return undefined;
  if (!tables.has(tableName)) {
    throw new AwsServiceError('ResourceNotFoundException', `Requested resource not found: ${tableName}`);
  }
  return jsonAnswer(describe(protections.get(tableName) ?? {}));
}

const DESCRIPTIONS: Readonly<Record<string, (protection: TableProtection) => object>> = {
  DescribeContinuousBackups: ({ pointInTimeRecovery = false }) => ({
    ContinuousBackupsDescription: {
      ContinuousBackupsStatus: 'ENABLED',
      PointInTimeRecoveryDescription: {
        PointInTimeRecoveryStatus: pointInTimeRecovery ? 'ENABLED' : 'DISABLED',
        ...(pointInTimeRecovery && { RecoveryPeriodInDays: 35 }),
      },
    },
  }),
  DescribeTimeToLive: ({ timeToLiveAttribute }) => ({
    TimeToLiveDescription:
      timeToLiveAttribute === undefined
        ? { TimeToLiveStatus: 'DISABLED' }
        : { TimeToLiveStatus: 'ENABLED', AttributeName: timeToLiveAttribute },
  }),
};

/** DescribeTable as dynalite answers it, with the member it does not know. */
export function withDeletionProtection(body: string, deletionProtection: boolean): string {
  const { Table, ...rest } = JSON.parse(body) as { Table: object };
  return JSON.stringify({ ...rest, Table: { ...Table, DeletionProtectionEnabled: deletionProtection } });
}
