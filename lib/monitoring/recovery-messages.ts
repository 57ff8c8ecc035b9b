import { Stack } from 'aws-cdk-lib';
import { CfnRule } from 'aws-cdk-lib/aws-events';
import { PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import { viaService } from '../constructs/service-key.ts';
import { acknowledgeWildcard } from '../iam/acknowledge.ts';
import { acknowledgeInlinePolicy, acknowledgeRule } from '../iam/acknowledge-rule.ts';

export interface RecoveryMessagesProps {
  readonly vaultName: string;
  readonly topicArn: string;
  /** The key of the topic: its ARN, `unknown` for a topic of yours, absent if there is none. */
  readonly keyArn: string | 'unknown' | undefined;
  /** The alarms that notify the topic. */
  readonly alarmNames: readonly string[];
}

/** EventBridge takes a pattern of at most 2,048 characters. A name of an alarm has up to 75. */
const ALARMS_PER_RULE = 16;

/**
 * What a message holds, and where the event has it. These are members of the message that CloudWatch itself sends, so
 * that a tool closes an incident by either.
 *
 * @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch-and-eventbridge.html
 */
const MESSAGE_PATHS = {
  AlarmName: '$.detail.alarmName',
  AlarmDescription: '$.detail.configuration.description',
  AWSAccountId: '$.account',
  NewStateValue: '$.detail.state.value',
  NewStateReason: '$.detail.state.reason',
  StateChangeTime: '$.detail.state.timestamp',
  Region: '$.region',
  AlarmArn: '$.resources[0]',
  OldStateValue: '$.detail.previousState.value',
} as const;

/**
 * Notifies the topic when an alarm that has fired clears. An alarm's own OK action would also notify it of each new
 * alarm: every one of them changes from `INSUFFICIENT_DATA` to `OK` within minutes.
 */
export class RecoveryMessages extends Construct {
  constructor(scope: Construct, id: string, props: RecoveryMessagesProps) {
    super(scope, id);
    const { vaultName, topicArn, keyArn, alarmNames } = props;
    const chunks = Array.from({ length: Math.ceil(alarmNames.length / ALARMS_PER_RULE) }, (_, index) => ({
      name: `${vaultName}-cleared-${index + 1}`,
      alarmNames: alarmNames.slice(index * ALARMS_PER_RULE, (index + 1) * ALARMS_PER_RULE),
    }));
    const role = this.createRole(
      topicArn,
      chunks.map(({ name }) => name),
    );
    if (keyArn !== undefined) allowEncryptedTopic(role, topicArn, keyArn);
    for (const chunk of chunks) {
      const rule = new CfnRule(this, chunk.name.slice(vaultName.length + 1), {
        name: chunk.name,
        description: 'Notifies the topic when an alarm that has fired clears.',
        eventPattern: clearedAfterFiring(chunk.alarmNames),
        targets: [
          { id: 'Topic', arn: topicArn, roleArn: role.roleArn, inputTransformer: messageTransformer() },
        ],
      });
      rule.node.addDependency(role);
      acknowledgeRule(
        rule,
        'EventBusDLQ',
        'EventBridge tries for a day. A lost message leaves an incident open, which hides no fault.',
      );
    }
    acknowledgeInlinePolicy(role);
  }

  /**
   * With a role, because a topic's policy can hold no condition for EventBridge: it would let every rule publish. Also,
   * the policy of your own topic needs no statement for it.
   */
  private createRole(topicArn: string, ruleNames: readonly string[]): Role {
    const stack = Stack.of(this);
    const role = new Role(this, 'Role', {
      description: 'Lets EventBridge notify the topic when an alarm clears.',
      assumedBy: new ServicePrincipal('events.amazonaws.com', {
        conditions: {
          StringEquals: { 'aws:SourceAccount': stack.account },
          ArnEquals: {
            'aws:SourceArn': ruleNames.map((resourceName) =>
              stack.formatArn({ service: 'events', resource: 'rule', resourceName }),
            ),
          },
        },
      }),
    });
    role.addToPrincipalPolicy(
      new PolicyStatement({ sid: 'NotifyOfRecoveries', actions: ['sns:Publish'], resources: [topicArn] }),
    );
    return role;
  }
}

/** A composite alarm that clears while it still waits has sent no message that it fires. */
function clearedAfterFiring(alarmNames: readonly string[]) {
  return {
    source: ['aws.cloudwatch'],
    'detail-type': ['CloudWatch Alarm State Change'],
    detail: {
      alarmName: alarmNames,
      state: { value: ['OK'] },
      previousState: { value: ['ALARM'], actionsSuppressedBy: [{ exists: false }] },
    },
  };
}

/** EventBridge puts the values in place with their quotes. */
function messageTransformer(): CfnRule.InputTransformerProperty {
  const members = Object.keys(MESSAGE_PATHS).map((name) => `${JSON.stringify(name)}: <${name}>`);
  return { inputPathsMap: MESSAGE_PATHS, inputTemplate: `{${members.join(', ')}}` };
}

/** SNS encrypts as the publisher. The key of your own topic is unknown here: its use for this topic alone is allowed. */
function allowEncryptedTopic(role: Role, topicArn: string, keyArn: string): void {
  const isKnown = keyArn !== 'unknown';
  const resource = isKnown
    ? keyArn
    : Stack.of(role).formatArn({ service: 'kms', resource: 'key', resourceName: '*' });
  role.addToPrincipalPolicy(
    new PolicyStatement({
      sid: 'EncryptForTopic',
      actions: ['kms:Decrypt', 'kms:GenerateDataKey'],
      resources: [resource],
      conditions: {
        StringEquals: {
          'kms:ViaService': viaService('sns'),
          'kms:EncryptionContext:aws:sns:topicArn': topicArn,
        },
      },
    }),
  );
  if (isKnown) return;
  acknowledgeWildcard(
    role,
    resource,
    'The key of your own topic is unknown. The conditions leave what SNS does for that topic.',
  );
}
