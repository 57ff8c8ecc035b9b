import { Duration } from 'aws-cdk-lib';
import { type IMetric, MathExpression, Metric } from 'aws-cdk-lib/aws-cloudwatch';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import { METRICS_NAMESPACE } from '../constructs/vault-function.ts';
import { nameOfFunction } from '../constructs/vault-functions.ts';
import type { FunctionName } from '../packaging/function-names.ts';
import type { MetricSource } from './alarm-catalogue.ts';

/** The resources to watch, by the names in their metrics. */
export interface WatchedVault {
  readonly vaultName: string;
  readonly apiId: string;
  readonly deadLetterQueue: IQueue;
}

export interface Reading {
  readonly statistic: string;
  readonly periodMinutes: number;
}

/** Reads the metrics of one vault. */
export class VaultMetrics {
  private readonly vault: WatchedVault;

  constructor(vault: WatchedVault) {
    this.vault = vault;
  }

  of(source: MetricSource, { statistic, periodMinutes }: Reading): Metric {
    return new Metric({ ...this.address(source), statistic, period: Duration.minutes(periodMinutes) });
  }

  /** One line for each value of a dimension. */
  eachOf(metricName: string, dimension: string, { statistic, periodMinutes }: Reading): IMetric {
    const schema = `{${METRICS_NAMESPACE},service,${dimension}}`;
    const search = `${schema} service="${this.vault.vaultName}" MetricName="${metricName}"`;
    return new MathExpression({
      expression: `SEARCH('${search}', '${statistic}', ${periodMinutes * 60})`,
      label: `\${PROP('Dim.${dimension}')}`,
      period: Duration.minutes(periodMinutes),
      usingMetrics: {},
    });
  }

  lambda(of: FunctionName, metricName: string, { statistic, periodMinutes }: Reading): Metric {
    return new Metric({
      namespace: 'AWS/Lambda',
      metricName,
      dimensionsMap: { FunctionName: nameOfFunction(this.vault.vaultName, of) },
      statistic,
      period: Duration.minutes(periodMinutes),
      label: of,
    });
  }

  private address(source: MetricSource) {
    const { vaultName, apiId, deadLetterQueue } = this.vault;
    switch (source.from) {
      case 'vault':
        return {
          namespace: METRICS_NAMESPACE,
          metricName: source.name,
          dimensionsMap: { service: vaultName, ...source.dimensions },
        };
      case 'lambda':
        return {
          namespace: 'AWS/Lambda',
          metricName: source.name,
          dimensionsMap: { FunctionName: nameOfFunction(vaultName, source.of) },
        };
      case 'api':
        return {
          namespace: 'AWS/ApiGateway',
          metricName: source.name,
          dimensionsMap: { ApiId: apiId },
        };
      case 'dead-letters':
        return {
          namespace: 'AWS/SQS',
          metricName: source.name,
          dimensionsMap: { QueueName: deadLetterQueue.queueName },
        };
    }
  }
}
