import { Duration } from 'aws-cdk-lib';
import { Alarm, ComparisonOperator, Metric, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import type { Alias } from 'aws-cdk-lib/aws-lambda';
import type { Construct } from 'constructs';
import { METRICS_NAMESPACE } from '../constructs/vault-function.ts';
import { acknowledgeRule } from '../iam/acknowledge-rule.ts';
import type { FunctionName } from '../packaging/function-names.ts';
import { OPERATIONS_PAGE } from './alarm-catalogue.ts';

export interface NewVersion {
  readonly vaultName: string;
  readonly name: FunctionName;
  /** Tells the aliases of one function apart. */
  readonly groupName: string;
  readonly alias: Alias;
}

/** Part of the names of the alarms that roll a deployment back. */
const ROLLS_BACK = 'rolls-back';

/**
 * Alarms that roll a new version back: an invocation that throws or is killed, and a request that the version answers
 * with a fault of its own. Each version has separate alarms that watch it alone. A fault of the old version must not
 * block the deployment of its fix, and an alarm that is changed in place keeps its state. They notify no topic: the
 * catalogue's alarms cover the rest of a version's life.
 */
export function newVersionAlarms(scope: Construct, version: NewVersion): Alarm[] {
  const { vaultName, name, groupName, alias } = version;
  const watch = (what: string, metric: Metric): Alarm => {
    const alarm = new Alarm(scope, `${groupName}-${what}`, {
      alarmName: `${vaultName}-${ROLLS_BACK}-${groupName}-${what}-${alias.version.version}`,
      alarmDescription: `The newest version of ${name} fails. Notifies no topic and rolls its deployment back: ${OPERATIONS_PAGE}#a-deployment-that-was-taken-back`,
      metric,
      threshold: 1,
      evaluationPeriods: 1,
      comparisonOperator: ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
      treatMissingData: TreatMissingData.NOT_BREACHING,
    });
    acknowledgeRule(
      alarm,
      'CloudWatchAlarmAction',
      'CodeDeploy reads it during a deployment and rolls back.',
    );
    return alarm;
  };
  const errors = watch('errors', lambdaErrors(alias));
  // rotate answers no HTTP request: it throws its faults.
  return name === 'rotate' ? [errors] : [errors, watch('faults', answeredFaults(version))];
}

/** @see https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html */
function lambdaErrors({ version, aliasName, lambda }: Alias): Metric {
  return new Metric({
    namespace: 'AWS/Lambda',
    metricName: 'Errors',
    dimensionsMap: {
      FunctionName: lambda.functionName,
      Resource: `${lambda.functionName}:${aliasName}`,
      ExecutedVersion: version.version,
    },
    statistic: 'Sum',
    period: Duration.minutes(1),
  });
}

function answeredFaults({ vaultName, alias }: NewVersion): Metric {
  return new Metric({
    namespace: METRICS_NAMESPACE,
    metricName: 'ErrorsOfVersion',
    dimensionsMap: {
      service: vaultName,
      function: alias.lambda.functionName,
      version: alias.version.version,
    },
    statistic: 'Sum',
    period: Duration.minutes(1),
  });
}
