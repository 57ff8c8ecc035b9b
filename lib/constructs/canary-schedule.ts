import { CfnSchedule } from 'aws-cdk-lib/aws-scheduler';
import { Construct } from 'constructs';
import type { RotationScheduling } from './rotation-scheduling.ts';

export interface CanaryScheduleProps {
  readonly scheduling: RotationScheduling;
  readonly scheduleTargetArn: string;
  readonly connectionId: string;
}

const AN_HOUR_SECONDS = 3_600;

/**
 * Rotates one connection of the operator's every six hours, whatever is due, so that a trouble shows in hours that other
 * connections would meet within a week. Four posts a day are nothing to Adobe.
 */
export class CanarySchedule extends Construct {
  constructor(scope: Construct, id: string, props: CanaryScheduleProps) {
    super(scope, id);
    const { scheduling, scheduleTargetArn, connectionId } = props;
    const schedule = new CfnSchedule(this, 'SixHourly', {
      description: 'Rotates the canary connection.',
      // Beside the reconciler's: the group of alarms may be lost and recreated without it.
      groupName: scheduling.reconcilerGroup.ref,
      scheduleExpression: 'rate(6 hours)',
      flexibleTimeWindow: { mode: 'OFF' },
      target: {
        arn: scheduleTargetArn,
        roleArn: scheduling.role.roleArn,
        input: JSON.stringify({ connectionId, trigger: 'canary' }),
        retryPolicy: { maximumRetryAttempts: 3, maximumEventAgeInSeconds: AN_HOUR_SECONDS },
        deadLetterConfig: { arn: scheduling.deadLetterQueue.queueArn },
      },
    });
    schedule.node.addDependency(scheduling.reconcilerGroup, scheduling.role);
  }
}
