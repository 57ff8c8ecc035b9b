import type { Measurement } from './metric-store.ts';

interface Embedded {
  readonly Timestamp: number;
  readonly CloudWatchMetrics: readonly {
    readonly Namespace: string;
    readonly Dimensions: readonly (readonly string[])[];
    readonly Metrics: readonly { readonly Name: string }[];
  }[];
}

/**
 * What CloudWatch Logs reads out of a line in the embedded metric format: each set of dimensions is a metric.
 * @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
 */
export function embeddedMeasurements(line: Readonly<Record<string, unknown>>): readonly Measurement[] {
  const { Timestamp, CloudWatchMetrics = [] } = (line._aws ?? {}) as Partial<Embedded>;
  if (Timestamp === undefined) return [];
  return CloudWatchMetrics.flatMap(({ Namespace, Dimensions, Metrics }) =>
    Dimensions.flatMap((names) => {
      const dimensions = Object.fromEntries(names.map((name) => [name, String(line[name])]));
      return Metrics.flatMap(({ Name }) =>
        [line[Name]].flat().map((value) => ({
          namespace: Namespace,
          name: Name,
          dimensions,
          value: Number(value),
          atMs: Timestamp,
        })),
      );
    }),
  );
}
