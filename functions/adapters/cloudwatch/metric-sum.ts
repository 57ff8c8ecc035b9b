import {
  CloudWatchClient,
  type CloudWatchClientConfig,
  GetMetricStatisticsCommand,
} from '@aws-sdk/client-cloudwatch';

export interface MetricQuestion {
  readonly namespace: string;
  readonly metric: string;
  readonly dimensions: Readonly<Record<string, string>>;
  readonly fromMs: number;
  readonly untilMs: number;
}

/** The sum of a metric between two moments; 0 when it has no value. Throws the SDK's own errors. */
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
