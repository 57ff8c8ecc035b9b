import type { LogBook } from '../../../local/functions/log-book.ts';
import type { Sample } from './alarm-watch.ts';

/** What CloudWatch reads out of a line in its embedded metric format, as the telemetry prints it. */
interface EmbeddedMetrics {
  readonly CloudWatchMetrics: readonly {
    readonly Dimensions: readonly (readonly string[])[];
    readonly Metrics: readonly { readonly Name: string }[];
  }[];
}

/** Every value that the functions of a local stack have measured, oldest first. */
export function printedSamples(logs: LogBook): readonly Sample[] {
  return logs.search({ contains: '"_aws"' }).flatMap(({ json = {}, atMs }) => {
    const { CloudWatchMetrics } = json._aws as EmbeddedMetrics;
    return CloudWatchMetrics.flatMap(({ Dimensions, Metrics }) =>
      Metrics.flatMap(({ Name }) => {
        const dimensions = (Dimensions[0] ?? [])
          .filter((name) => name !== 'service')
          .map((name): [string, string] => [name, String(json[name])]);
        return [json[Name]].flat().map((value) => ({
          metric: Name,
          value: Number(value),
          dimensions: Object.fromEntries(dimensions),
          atMs,
        }));
      }),
    );
  });
}
