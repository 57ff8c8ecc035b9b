import { ArnFormat, Stack } from 'aws-cdk-lib';
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { type ITopic, Topic } from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import { acknowledgeRule } from '../iam/acknowledge-rule.ts';
import { isLookedUpLater } from '../settings/deploy-time-values.ts';

export interface AlarmTopicProps {
  readonly vaultName: string;
  /** Your own topic. Absent: the vault creates one. */
  readonly topicArn: string | undefined;
  readonly serviceKey: IKey | undefined;
}

/**
 * The topic that alarms notify. By default the vault's topic has no KMS key: a message names an alarm and a number and no
 * user, CloudWatch cannot publish with the key `alias/aws/sns`, and a customer-managed key costs more than it protects.
 * `compliance: strict` adds one.
 */
export class AlarmTopic extends Construct {
  readonly topic: ITopic;

  constructor(scope: Construct, id: string, { vaultName, topicArn, serviceKey }: AlarmTopicProps) {
    super(scope, id);
    if (topicArn !== undefined) {
      // The owner of the topic sets its policy, which must let CloudWatch publish.
      this.topic = Topic.fromTopicArn(this, 'Topic', parsable(this, topicArn));
      return;
    }
    const topic = new Topic(this, 'Topic', {
      displayName: `Alarms of ${vaultName}`,
      enforceSSL: true,
      ...(serviceKey !== undefined && { masterKey: serviceKey }),
    });
    if (serviceKey === undefined) {
      acknowledgeRule(
        topic,
        'SNSEncryptedKMS',
        'A message names an alarm and a number, and no user. compliance: strict adds a key of the vault.',
      );
    }
    // Any policy replaces the default policy of a topic, which lets the whole account publish.
    topic.addToResourcePolicy(
      new PolicyStatement({
        sid: 'NotifyOfAlarms',
        principals: [new ServicePrincipal('cloudwatch.amazonaws.com')],
        actions: ['sns:Publish'],
        resources: [topic.topicArn],
        conditions: {
          StringEquals: { 'aws:SourceAccount': Stack.of(this).account },
          ArnLike: { 'aws:SourceArn': alarmsArn(this, vaultName) },
        },
      }),
    );
    this.topic = topic;
  }
}

function alarmsArn(scope: Construct, vaultName: string): string {
  return Stack.of(scope).formatArn({
    service: 'cloudwatch',
    resource: 'alarm',
    resourceName: `${vaultName}-*`,
    arnFormat: ArnFormat.COLON_RESOURCE_NAME,
  });
}

/** The CDK parses the ARN, also in the synthesis before it is looked up. */
function parsable(scope: Construct, topicArn: string): string {
  if (!isLookedUpLater(topicArn)) return topicArn;
  return Stack.of(scope).formatArn({ service: 'sns', resource: 'looked-up-later' });
}
