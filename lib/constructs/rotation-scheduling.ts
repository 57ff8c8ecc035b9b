import { ArnFormat, CfnDeletionPolicy, Duration, Stack } from 'aws-cdk-lib';
import { type IRole, PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { CfnScheduleGroup } from 'aws-cdk-lib/aws-scheduler';
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { acknowledge } from '../iam/acknowledge.ts';

export interface RotationSchedulingProps {
  readonly vaultName: string;
  /** Functions that schedules may invoke, by ARN; an alias is part of it. */
  readonly invokes: readonly string[];
}

const DEAD_LETTER_RETENTION = Duration.days(14);

/** Where alarms live: a schedule group, the reconciler's own group beside it, the role EventBridge Scheduler rings with, and a queue for what failed for good. */
export class RotationScheduling extends Construct {
  readonly group: CfnScheduleGroup;
  readonly groupName: string;
  readonly groupArn: string;
  /** The reconciler's own group: it must survive the loss of the other, which it makes again. */
  readonly reconcilerGroup: CfnScheduleGroup;
  /** Every schedule of the group. */
  readonly schedulesArn: string;
  readonly role: IRole;
  readonly deadLetterQueue: Queue;

  constructor(scope: Construct, id: string, { vaultName, invokes }: RotationSchedulingProps) {
    super(scope, id);

    this.group = new CfnScheduleGroup(this, 'Group', { name: vaultName });
    // Under another name a new group is made: the old one may hold the only copy of a parked token.
    this.group.cfnOptions.updateReplacePolicy = CfnDeletionPolicy.RETAIN;
    // With the stack it goes, or its name would block the next stack of that name.
    this.group.cfnOptions.deletionPolicy = CfnDeletionPolicy.DELETE;
    this.groupName = vaultName;
    this.groupArn = schedulerArn(this, 'schedule-group', vaultName);
    const reconcilerGroupName = `${vaultName}-reconcile`;
    this.reconcilerGroup = new CfnScheduleGroup(this, 'ReconcilerGroup', { name: reconcilerGroupName });
    this.schedulesArn = schedulerArn(this, 'schedule', `${vaultName}/*`);

    this.deadLetterQueue = new Queue(this, 'DeadLetters', {
      encryption: QueueEncryption.SQS_MANAGED,
      enforceSSL: true,
      retentionPeriod: DEAD_LETTER_RETENTION,
    });
    acknowledge(this.deadLetterQueue, 'AwsSolutions-SQS3', 'This queue is the dead-letter queue.');

    const role = new Role(this, 'Role', {
      description: 'EventBridge Scheduler runs rotations and the reconciler with it.',
      assumedBy: new ServicePrincipal('scheduler.amazonaws.com', {
        conditions: {
          StringEquals: { 'aws:SourceAccount': Stack.of(this).account },
          ArnEquals: {
            'aws:SourceArn': [this.groupArn, schedulerArn(this, 'schedule-group', reconcilerGroupName)],
          },
        },
      }),
    });
    role.addToPrincipalPolicy(
      new PolicyStatement({
        sid: 'RunDue',
        actions: ['lambda:InvokeFunction'],
        resources: [...invokes],
      }),
    );
    role.addToPrincipalPolicy(
      new PolicyStatement({
        // Scheduler writes to a schedule's dead-letter queue with the role of its target.
        sid: 'KeepDeadLetters',
        actions: ['sqs:SendMessage'],
        resources: [this.deadLetterQueue.queueArn],
      }),
    );
    this.role = role;
  }
}

function schedulerArn(scope: Construct, resource: string, resourceName: string): string {
  return Stack.of(scope).formatArn({
    service: 'scheduler',
    resource,
    resourceName,
    arnFormat: ArnFormat.SLASH_RESOURCE_NAME,
  });
}
