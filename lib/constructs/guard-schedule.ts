import { CfnSchedule } from 'aws-cdk-lib/aws-scheduler';
import { Construct } from 'constructs';
import type { AlarmScheduling } from './alarm-scheduling.ts';

export interface GuardScheduleProps {
  readonly scheduling: AlarmScheduling;
  readonly guardArn: string;
}

const HALF_AN_HOUR_SECONDS = 1_800;

/** Runs the guard every hour. */
export class GuardSchedule extends Construct {
  constructor(scope: Construct, id: string, { scheduling, guardArn }: GuardScheduleProps) {
    super(scope, id);
    const schedule = new CfnSchedule(this, 'Hourly', {
      description: 'Finds wakes whose alarm never came.',
      groupName: scheduling.guardGroup.ref,
      scheduleExpression: 'rate(1 hour)',
      flexibleTimeWindow: { mode: 'OFF' },
      target: {
        arn: guardArn,
        roleArn: scheduling.role.roleArn,
        input: '{}',
        // The next hour brings a new run anyway.
        retryPolicy: { maximumRetryAttempts: 3, maximumEventAgeInSeconds: HALF_AN_HOUR_SECONDS },
        deadLetterConfig: { arn: scheduling.deadLetterQueue.queueArn },
      },
    });
    schedule.node.addDependency(scheduling.guardGroup, scheduling.role);
  }
}
