import { Duration } from 'aws-cdk-lib';
import { Alarm, ComparisonOperator, Metric, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import type { Alias } from 'aws-cdk-lib/aws-lambda';
import type { Construct } from 'constructs';
import { METRICS_NAMESPACE } from '../constructs/vault-function.ts';
import type { FunctionName } from '../packaging/function-names.ts';
import { OPERATIONS_PAGE } from './alarm-catalogue.ts';

export interface NewVersion {
  readonly vaultName: string;
  readonly name: FunctionName;
  /** Tells the aliases of one function apart. */
  readonly groupName: string;
  readonly alias: Alias;
}

/** Such alarms have it in their names; they take a deployment back. */
const ROLLS_BACK = 'rolls-back';

/**
 * What takes a new version back: a run that throws or is killed, and a request that it answers with a fault of its own.
 * They watch that version alone, and each version has alarms of its own, because a fault of the old one must not keep its
 * cure from being deployed: an alarm that is changed in place keeps its state. They ring nobody: what happens later in a
 * version's life is told by the catalogue's alarms.
 */
export function newVersionAlarms(scope: Construct, version: NewVersion): Alarm[] {
  const { vaultName, name, groupName, alias } = version;
  const watch = (what: string, metric: Metric): Alarm =>
    new Alarm(scope, `${groupName}-${what}`, {
      alarmName: `${vaultName}-${ROLLS_BACK}-${groupName}-${what}-${alias.version.version}`,
      alarmDescription: `The newest version of ${name} fails. Tells nobody and takes its deployment back: ${OPERATIONS_PAGE}#a-deployment-that-was-taken-back`,
      metric,
      threshold: 1,
      evaluationPeriods: 1,
      comparisonOperator: ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
      treatMissingData: TreatMissingData.NOT_BREACHING,
    });
  const errors = watch('errors', lambdaErrors(alias));
  // Nobody waits for an answer of rotate by HTTP: its faults are thrown.
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
