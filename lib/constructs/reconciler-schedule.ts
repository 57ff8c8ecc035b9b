import { CfnSchedule } from 'aws-cdk-lib/aws-scheduler';
import { Construct, type IDependable } from 'constructs';
import type { RotationScheduling } from './rotation-scheduling.ts';

export interface ReconcilerScheduleProps {
  readonly scheduling: RotationScheduling;
  readonly reconcileArn: string;
  /** The function behind that ARN, which is built from names. It must exist before the schedule first fires. */
  readonly reconcile: IDependable;
}

const HALF_AN_HOUR_SECONDS = 1_800;

/** Runs the reconciler every hour. */
export class ReconcilerSchedule extends Construct {
  constructor(
    scope: Construct,
    id: string,
    { scheduling, reconcileArn, reconcile }: ReconcilerScheduleProps,
  ) {
    super(scope, id);
    const schedule = new CfnSchedule(this, 'Hourly', {
      description: 'Finds due times whose schedule never fired.',
      groupName: scheduling.reconcilerGroup.ref,
      scheduleExpression: 'rate(1 hour)',
      flexibleTimeWindow: { mode: 'OFF' },
      target: {
        arn: reconcileArn,
        roleArn: scheduling.role.roleArn,
        input: '{}',
        // No retry: the next run follows within the hour.
        retryPolicy: { maximumRetryAttempts: 3, maximumEventAgeInSeconds: HALF_AN_HOUR_SECONDS },
        deadLetterConfig: { arn: scheduling.deadLetterQueue.queueArn },
      },
    });
    schedule.node.addDependency(scheduling.reconcilerGroup, scheduling.role, reconcile);
  }
}
