import { ArnFormat, Stack } from 'aws-cdk-lib';
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { type ITopic, Topic } from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';

export interface AlarmTopicProps {
  readonly vaultName: string;
  /** The operator's own topic; absent = one of the vault's own. */
  readonly topicArn: string | undefined;
}

/**
 * Where alarms are told. The vault's own topic has no KMS key: what is told names an alarm and a number and nobody, the
 * key `alias/aws/sns` does not let CloudWatch publish at all, and a key of its own would cost more than the alarms are
 * worth protecting. Who wants one brings an own topic.
 */
export class AlarmTopic extends Construct {
  readonly topic: ITopic;

  constructor(scope: Construct, id: string, { vaultName, topicArn }: AlarmTopicProps) {
    super(scope, id);
    if (topicArn !== undefined) {
      // Its policy is its owner's: CloudWatch has to be allowed in there.
      this.topic = Topic.fromTopicArn(this, 'Topic', topicArn);
      return;
    }
    const topic = new Topic(this, 'Topic', { displayName: `Alarms of ${vaultName}`, enforceSSL: true });
    // A policy of any kind replaces the one that a topic is born with, which lets the whole account publish.
    topic.addToResourcePolicy(
      new PolicyStatement({
        sid: 'TellAlarms',
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
