import type { AwsService } from './aws-call.ts';
import { AwsServiceError, jsonAnswer, jsonError, targetOperation } from './protocols.ts';

export interface LogGroup {
  name: string;
  /** Absent: lines never expire. */
  retentionDays?: number;
}

export interface LogsServiceDeps {
  accountId: string;
  region: string;
  groups: () => readonly LogGroup[];
  /** The lines of a group, oldest first. */
  linesOf: (groupName: string) => readonly { readonly atMs: number; readonly text: string }[];
}

interface LogsInput {
  logGroupName?: string;
  logGroupNamePrefix?: string;
  startTime?: number;
  endTime?: number;
  limit?: number;
  nextToken?: string;
}

/** CloudWatch's own limit for one page. */
const MAX_EVENTS = 10_000;

/**
 * What the functions print, by log group.
 * @see https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_FilterLogEvents.html
 */
export function createLogsService(deps: LogsServiceDeps): AwsService {
  const arnOf = (name: string) => `arn:aws:logs:${deps.region}:${deps.accountId}:log-group:${name}`;

  function describe({ logGroupNamePrefix = '' }: LogsInput): object {
    const found = deps.groups().filter(({ name }) => name.startsWith(logGroupNamePrefix));
    return {
      logGroups: found.map(({ name, retentionDays }) => ({
        logGroupName: name,
        arn: `${arnOf(name)}:*`,
        ...(retentionDays !== undefined && { retentionInDays: retentionDays }),
      })),
    };
  }

  function filter({ logGroupName = '', startTime, endTime, limit, nextToken }: LogsInput): object {
    if (!deps.groups().some(({ name }) => name === logGroupName)) {
      throw new AwsServiceError('ResourceNotFoundException', 'The specified log group does not exist.');
    }
    const within = deps
      .linesOf(logGroupName)
      .filter(({ atMs }) => atMs >= (startTime ?? 0) && atMs <= (endTime ?? Number.POSITIVE_INFINITY));
    const from = Number(nextToken ?? 0);
    const until = from + (limit ?? MAX_EVENTS);
    return {
      events: within.slice(from, until).map(({ atMs, text }, index) => ({
        logStreamName: 'local',
        timestamp: atMs,
        ingestionTime: atMs,
        message: text,
        eventId: String(from + index),
      })),
      ...(until < within.length && { nextToken: String(until) }),
    };
  }

  return {
    service: 'logs',
    operationOf: ({ headers }) => targetOperation(headers, { targetPrefix: 'Logs_20140328', version: '1.1' }),
    authorizations: (call) => [
      {
        action: `logs:${call.operation}`,
        resource:
          call.operation === 'FilterLogEvents' ? arnOf((call.json() as LogsInput).logGroupName ?? '') : '*',
        context: {},
      },
    ],
    async answer(call) {
      const input = call.json() as LogsInput;
      if (call.operation === 'DescribeLogGroups') return jsonAnswer(describe(input));
      if (call.operation === 'FilterLogEvents') return jsonAnswer(filter(input));
      throw new AwsServiceError('UnknownOperationException', call.operation);
    },
    error: jsonError,
  };
}
