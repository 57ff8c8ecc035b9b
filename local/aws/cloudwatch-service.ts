import type { AwsService } from './aws-call.ts';
import { AwsServiceError, jsonAnswer, jsonError, targetOperation } from './protocols.ts';

/** A line that a function printed, with what it holds if it is JSON. */
export interface PrintedLine {
  json?: Record<string, unknown>;
}

interface Input {
  Namespace?: string;
  MetricName?: string;
  Dimensions?: { Name: string; Value: string }[];
  /** Seconds since 1970. */
  StartTime?: number;
  EndTime?: number;
  Period?: number;
}

interface Embedded {
  Timestamp: number;
  CloudWatchMetrics: { Namespace: string; Dimensions: string[][]; Metrics: { Name: string }[] }[];
}

/**
 * Metrics in embedded format, read from what the functions print.
 * @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_GetMetricStatistics.html
 */
export function createCloudWatchService(deps: {
  nowMs: () => number;
  metricLines: () => PrintedLine[];
}): AwsService {
  return {
    service: 'monitoring',
    operationOf: ({ headers }) =>
      targetOperation(headers, { targetPrefix: 'GraniteServiceVersion20100801', version: '1.0' }),
    authorizations: (call) => [{ action: `cloudwatch:${call.operation}`, resource: '*', context: {} }],
    async answer(call) {
      if (call.operation !== 'GetMetricStatistics') {
        throw new AwsServiceError('UnknownOperationException', call.operation);
      }
      const input = call.json() as Input;
      const values = deps.metricLines().flatMap(({ json }) => (json ? valuesOf(json, input) : []));
      return jsonAnswer({ Label: input.MetricName, Datapoints: pointsOf(values, input) });
    },
    error: jsonError,
  };
}

interface Value {
  atSeconds: number;
  value: number;
}

function valuesOf(line: Record<string, unknown>, input: Input): Value[] {
  const { Timestamp, CloudWatchMetrics = [] } = (line._aws ?? {}) as Partial<Embedded>;
  const asked = input.Dimensions ?? [];
  const isMeant = CloudWatchMetrics.some(
    ({ Namespace, Dimensions, Metrics }) =>
      Namespace === input.Namespace &&
      Metrics.some(({ Name }) => Name === input.MetricName) &&
      // A set of dimensions names one metric, and no other set does.
      Dimensions.some(
        (names) =>
          names.length === asked.length &&
          asked.every(({ Name, Value }) => names.includes(Name) && line[Name] === Value),
      ),
  );
  const value = Number([line[input.MetricName ?? '']].flat()[0]);
  const atSeconds = (Timestamp ?? 0) / 1000;
  const { StartTime = 0, EndTime = Number.POSITIVE_INFINITY } = input;
  return isMeant && atSeconds >= StartTime && atSeconds < EndTime ? [{ atSeconds, value }] : [];
}

function pointsOf(values: readonly Value[], { StartTime = 0, Period = 60 }: Input): object[] {
  const sums = new Map<number, number>();
  for (const { atSeconds, value } of values) {
    const periodStart = StartTime + Math.floor((atSeconds - StartTime) / Period) * Period;
    sums.set(periodStart, (sums.get(periodStart) ?? 0) + value);
  }
  return [...sums].map(([Timestamp, Sum]) => ({ Timestamp, Sum, Unit: 'Count' }));
}
