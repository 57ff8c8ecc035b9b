import { ArnFormat, CfnDeletionPolicy, Duration, Stack } from 'aws-cdk-lib';
import { type IRole, PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { CfnScheduleGroup } from 'aws-cdk-lib/aws-scheduler';
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { acknowledgeInlinePolicy, acknowledgeRule } from '../iam/acknowledge-rule.ts';

export interface RotationSchedulingProps {
  readonly vaultName: string;
  /** Functions that schedules may invoke, by ARN; an alias is part of it. */
  readonly invokes: readonly string[];
}

const DEAD_LETTER_RETENTION = Duration.days(14);

/**
 * Everything that rotation schedules need: their group, a separate group for the reconciler, the role that EventBridge
 * Scheduler assumes to invoke, and a queue for invocations that failed for good.
 */
export class RotationScheduling extends Construct {
  readonly group: CfnScheduleGroup;
  readonly groupName: string;
  readonly groupArn: string;
  /** The reconciler's group. It is separate because the reconciler must still run to recreate the other one. */
  readonly reconcilerGroup: CfnScheduleGroup;
  /** Every schedule of the group. */
  readonly schedulesArn: string;
  readonly role: IRole;
  readonly deadLetterQueue: Queue;

  constructor(scope: Construct, id: string, { vaultName, invokes }: RotationSchedulingProps) {
    super(scope, id);

    this.group = new CfnScheduleGroup(this, 'Group', { name: vaultName });
    // A new name creates a new group. Keep the old one: it may hold the only copy of a parked token.
    this.group.cfnOptions.updateReplacePolicy = CfnDeletionPolicy.RETAIN;
    // Deleted with the stack, or its name would block the next stack of that name.
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
    acknowledgeRule(this.deadLetterQueue, 'SQSRedrivePolicy', 'This queue is the dead-letter queue.');

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
    acknowledgeInlinePolicy(role);
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
