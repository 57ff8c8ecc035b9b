import { ArnFormat, Aws, Stack } from 'aws-cdk-lib';
import { AccountRootPrincipal, PolicyDocument, PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Key } from 'aws-cdk-lib/aws-kms';
import type { Construct } from 'constructs';
import { KEPT_ONCE_DEPLOYED, KEY_ADMINISTRATION } from './token-key.ts';

export interface ServiceKeyProps {
  readonly vaultName: string;
  /** The trail that writes with it, if there is one. */
  readonly trailArn: string | undefined;
}

/**
 * The key with which AWS services encrypt what they store for a vault: log groups, the topic, the secrets and the files of
 * the trail. Tokens have their own keys. Each service is bound to the vault's resources by the encryption context that
 * it sends, because the policy cannot name resources that need the key to exist.
 */
export class ServiceKey extends Key {
  constructor(scope: Construct, id: string, { vaultName, trailArn }: ServiceKeyProps) {
    super(scope, id, {
      description: `Logs, topic, secrets and trail of ${vaultName}.`,
      enableKeyRotation: true,
      // The logs of a deleted vault stay, and are read with it.
      removalPolicy: KEPT_ONCE_DEPLOYED,
      policy: new PolicyDocument({
        statements: [
          administration(),
          useThroughServices(),
          encryptLogs(scope, vaultName),
          notifyTopic(scope),
          ...(trailArn === undefined ? [] : writeTrail(trailArn)),
        ],
      }),
    });
  }
}

function administration(): PolicyStatement {
  return new PolicyStatement({
    sid: 'Administer',
    principals: [new AccountRootPrincipal()],
    actions: KEY_ADMINISTRATION,
    resources: ['*'],
  });
}

/** For principals of the account that IAM permits: functions and operators read secrets, auditors the trail. */
function useThroughServices(): PolicyStatement {
  return new PolicyStatement({
    sid: 'UseThroughServices',
    principals: [new AccountRootPrincipal()],
    actions: ['kms:Decrypt', 'kms:GenerateDataKey'],
    resources: ['*'],
    conditions: {
      StringEquals: { 'kms:ViaService': ['secretsmanager', 'sns', 's3'].map(viaService) },
    },
  });
}

/** How KMS knows a call that a service makes for a principal. */
export function viaService(service: string): string {
  return `${service}.${Aws.REGION}.${Aws.URL_SUFFIX}`;
}

/** @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/encrypt-log-data-kms.html */
function encryptLogs(scope: Construct, vaultName: string): PolicyStatement {
  const names = [`${Aws.STACK_NAME}-*`, `/aws/vendedlogs/apigateway/${vaultName}-*`];
  const { partition } = Stack.of(scope);
  return new PolicyStatement({
    sid: 'EncryptLogs',
    principals: [new ServicePrincipal(`logs.${Aws.REGION}.${Aws.URL_SUFFIX}`)],
    actions: ['kms:Decrypt*', 'kms:Describe*', 'kms:Encrypt*', 'kms:GenerateDataKey*', 'kms:ReEncrypt*'],
    resources: ['*'],
    conditions: {
      ArnLike: {
        'kms:EncryptionContext:aws:logs:arn': names.map(
          (name) => `arn:${partition}:logs:${Aws.REGION}:${Aws.ACCOUNT_ID}:log-group:${name}`,
        ),
      },
    },
  });
}

/**
 * CloudWatch publishes alarms. EventBridge does so with a role.
 * @see https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html
 */
function notifyTopic(scope: Construct): PolicyStatement {
  const topics = Stack.of(scope).formatArn({
    service: 'sns',
    resource: `${Aws.STACK_NAME}-*`,
    arnFormat: ArnFormat.NO_RESOURCE_NAME,
  });
  return new PolicyStatement({
    sid: 'NotifyTopic',
    principals: [new ServicePrincipal('cloudwatch.amazonaws.com')],
    actions: ['kms:Decrypt', 'kms:GenerateDataKey*'],
    resources: ['*'],
    conditions: { ArnLike: { 'kms:EncryptionContext:aws:sns:topicArn': topics } },
  });
}

/** @see https://docs.aws.amazon.com/awscloudtrail/latest/userguide/create-kms-key-policy-for-cloudtrail.html */
function writeTrail(trailArn: string): PolicyStatement[] {
  const principals = [new ServicePrincipal('cloudtrail.amazonaws.com')];
  const fromTrail = { 'aws:SourceArn': trailArn };
  return [
    new PolicyStatement({
      sid: 'WriteTrail',
      principals,
      actions: ['kms:GenerateDataKey*'],
      resources: ['*'],
      conditions: { StringEquals: { ...fromTrail, 'kms:EncryptionContext:aws:cloudtrail:arn': trailArn } },
    }),
    new PolicyStatement({
      sid: 'DescribeForTrail',
      principals,
      actions: ['kms:DescribeKey'],
      resources: ['*'],
      conditions: { StringEquals: fromTrail },
    }),
  ];
}
