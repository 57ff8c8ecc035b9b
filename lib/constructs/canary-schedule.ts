import { CfnSchedule } from 'aws-cdk-lib/aws-scheduler';
import { Construct, type IDependable } from 'constructs';
import type { RotationScheduling } from './rotation-scheduling.ts';

export interface CanaryScheduleProps {
  readonly scheduling: RotationScheduling;
  readonly scheduleTargetArn: string;
  /** The alias behind that ARN, which is built from names. It must exist before the schedule first fires. */
  readonly scheduleTarget: IDependable;
  readonly connectionId: string;
}

const AN_HOUR_SECONDS = 3_600;

/**
 * Rotates one connection of the operator every six hours, due or not. A fault then shows within hours, where other
 * connections would meet it within a week. Adobe does not notice four posts a day.
 */
export class CanarySchedule extends Construct {
  constructor(scope: Construct, id: string, props: CanaryScheduleProps) {
    super(scope, id);
    const { scheduling, scheduleTargetArn, scheduleTarget, connectionId } = props;
    const schedule = new CfnSchedule(this, 'SixHourly', {
      description: 'Rotates the canary connection.',
      // In the reconciler's group: the group of the rotation schedules may be lost, and the reconciler recreates it
      // without this schedule.
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
    schedule.node.addDependency(scheduling.reconcilerGroup, scheduling.role, scheduleTarget);
  }
}
