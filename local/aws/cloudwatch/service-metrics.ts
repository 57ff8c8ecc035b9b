import type { MetricStore } from './metric-store.ts';

/** One invocation, or one that Lambda refused. */
export type FunctionRun =
  | {
      readonly kind: 'ran';
      readonly qualifier: string | undefined;
      readonly version: string;
      readonly failed: boolean;
      readonly durationMs: number;
    }
  | { readonly kind: 'throttled'; readonly qualifier: string | undefined };

/** The metrics that AWS's services measure themselves, as far as an alarm may watch them. */
export interface ServiceMetrics {
  functionRan(functionName: string, run: FunctionRun): void;
  apiAnswered(answer: { apiId: string; stageName: string; status: number }): void;
}

export function createServiceMetrics(
  metrics: Pick<MetricStore, 'record'>,
  nowMs: () => number,
): ServiceMetrics {
  return {
    /** @see https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html */
    functionRan: (functionName, run) => {
      const atMs = nowMs();
      const values =
        run.kind === 'throttled'
          ? { Throttles: 1 }
          : { Invocations: 1, Errors: run.failed ? 1 : 0, Duration: run.durationMs, Throttles: 0 };
      for (const dimensions of functionDimensions(functionName, run)) {
        for (const [name, value] of Object.entries(values)) {
          metrics.record({ namespace: 'AWS/Lambda', name, dimensions, value, atMs });
        }
      }
    },
    /** @see https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-metrics.html */
    apiAnswered: ({ apiId, stageName, status }) => {
      const atMs = nowMs();
      const values = {
        Count: 1,
        '4xx': status >= 400 && status < 500 ? 1 : 0,
        '5xx': status >= 500 ? 1 : 0,
      };
      for (const dimensions of [{ ApiId: apiId }, { ApiId: apiId, Stage: stageName }]) {
        for (const [name, value] of Object.entries(values)) {
          metrics.record({ namespace: 'AWS/ApiGateway', name, dimensions, value, atMs });
        }
      }
    },
  };
}

function functionDimensions(
  FunctionName: string,
  run: FunctionRun,
): readonly Readonly<Record<string, string>>[] {
  const { qualifier } = run;
  if (qualifier === undefined || qualifier === '$LATEST') {
    return [{ FunctionName }, { FunctionName, Resource: FunctionName }];
  }
  const Resource = `${FunctionName}:${qualifier}`;
  return [
    { FunctionName },
    { FunctionName, Resource },
    ...(run.kind === 'ran' ? [{ FunctionName, Resource, ExecutedVersion: run.version }] : []),
  ];
}
