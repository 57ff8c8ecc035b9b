import { Duration } from 'aws-cdk-lib';
import {
  Alarm,
  ComparisonOperator,
  type IMetric,
  MathExpression,
  TreatMissingData,
} from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import { type AlarmDefinition, alarmDescription } from './alarm-catalogue.ts';
import type { VaultMetrics } from './vault-metrics.ts';

export interface VaultAlarmsProps {
  readonly vaultName: string;
  readonly metrics: VaultMetrics;
  readonly topic: ITopic;
  readonly definitions: readonly AlarmDefinition[];
}

const COMPARISONS = {
  below: ComparisonOperator.LESS_THAN_THRESHOLD,
  atLeast: ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
} as const;

const MISSING = {
  notBreaching: TreatMissingData.NOT_BREACHING,
  breaching: TreatMissingData.BREACHING,
  ignore: TreatMissingData.IGNORE,
} as const;

/** The catalogue's alarms for one vault. They notify the topic when they fire and when they clear. */
export class VaultAlarms extends Construct {
  readonly all: readonly Alarm[];

  constructor(scope: Construct, id: string, props: VaultAlarmsProps) {
    super(scope, id);
    const { vaultName, metrics, topic, definitions } = props;
    const action = new SnsAction(topic);
    this.all = definitions.map((definition) => {
      const alarm = this.create(definition, vaultName, metrics);
      alarm.addAlarmAction(action);
      alarm.addOkAction(action);
      return alarm;
    });
  }

  private create(definition: AlarmDefinition, vaultName: string, metrics: VaultMetrics): Alarm {
    const { id, threshold, periods, comparison, whenMissing } = definition;
    return new Alarm(this, id, {
      alarmName: `${vaultName}-${id}`,
      alarmDescription: alarmDescription(definition),
      metric: filled(definition, metrics.of(definition.metric, definition)),
      threshold,
      evaluationPeriods: periods,
      comparisonOperator: COMPARISONS[comparison],
      treatMissingData: MISSING[whenMissing],
    });
  }
}

/**
 * An alarm looks back further than its periods for values that exist, and evaluates the newest ones before it applies
 * the rule for missing data. One fault would keep an alarm on for hours, and missing data would be noticed late. So a
 * sum reports 0 where there is no value.
 *
 * @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-missing-data.html
 */
function filled({ whenMissing, periodMinutes }: AlarmDefinition, metric: IMetric): IMetric {
  if (whenMissing === 'ignore') return metric;
  return new MathExpression({
    expression: 'FILL(m, 0)',
    usingMetrics: { m: metric },
    period: Duration.minutes(periodMinutes),
  });
}
