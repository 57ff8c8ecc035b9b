import { Duration } from 'aws-cdk-lib';
import {
  Alarm,
  type AlarmBase,
  AlarmRule,
  AlarmState,
  ComparisonOperator,
  CompositeAlarm,
  type IMetric,
  MathExpression,
  TreatMissingData,
} from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import { acknowledgeRule } from '../iam/acknowledge-rule.ts';
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

/**
 * The catalogue's alarms for one vault. They notify the topic when they fire. `RecoveryMessages` notifies it when they
 * clear.
 */
export class VaultAlarms extends Construct {
  readonly all: readonly AlarmBase[];
  private readonly vaultName: string;
  private suppressor: CompositeAlarm | undefined;

  constructor(scope: Construct, id: string, props: VaultAlarmsProps) {
    super(scope, id);
    const { vaultName, metrics, topic, definitions } = props;
    this.vaultName = vaultName;
    const action = new SnsAction(topic);
    this.all = definitions.map((definition) => {
      const alarm = this.create(definition, metrics);
      alarm.addAlarmAction(action);
      return alarm;
    });
  }

  private create(definition: AlarmDefinition, metrics: VaultMetrics): AlarmBase {
    const { id, notifiesAfterMinutes } = definition;
    const alarmName = `${this.vaultName}-${id}`;
    const described = { alarmName, alarmDescription: alarmDescription(definition) };
    if (notifiesAfterMinutes === undefined) {
      return new Alarm(this, id, { ...described, ...conditionOf(definition, metrics) });
    }
    const watched = new Alarm(this, `${id}-watched`, {
      alarmName: `${alarmName}-watched`,
      alarmDescription: `Notifies no topic. ${alarmName} does when this alarm has fired for ${notifiesAfterMinutes} minutes.`,
      ...conditionOf(definition, metrics),
    });
    acknowledgeRule(
      watched,
      'CloudWatchAlarmAction',
      'A composite alarm watches it and notifies in its place.',
    );
    return new CompositeAlarm(this, id, {
      compositeAlarmName: alarmName,
      alarmDescription: described.alarmDescription,
      alarmRule: AlarmRule.fromAlarm(watched, AlarmState.ALARM),
      actionsSuppressor: this.neverFires(),
      actionsSuppressorWaitPeriod: Duration.minutes(notifiesAfterMinutes),
      actionsSuppressorExtensionPeriod: Duration.minutes(1),
    });
  }

  /**
   * A composite alarm waits before it notifies, to give its suppressor time to fire. With a suppressor that cannot fire,
   * the wait is all there is.
   *
   * @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Create_Composite_Alarm_Suppression.html
   */
  private neverFires(): CompositeAlarm {
    this.suppressor ??= new CompositeAlarm(this, 'never', {
      compositeAlarmName: `${this.vaultName}-never`,
      alarmDescription: 'Never fires. Alarms that wait before they notify need a suppressor.',
      alarmRule: AlarmRule.fromBoolean(false),
    });
    return this.suppressor;
  }
}

function conditionOf(definition: AlarmDefinition, metrics: VaultMetrics) {
  const { metric, threshold, periods, comparison, whenMissing } = definition;
  return {
    metric: filled(definition, metrics.of(metric, definition)),
    threshold,
    evaluationPeriods: periods,
    comparisonOperator: COMPARISONS[comparison],
    treatMissingData: MISSING[whenMissing],
  };
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
