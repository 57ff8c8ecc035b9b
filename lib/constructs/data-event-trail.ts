import { ArnFormat, Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { CfnTrail } from 'aws-cdk-lib/aws-cloudtrail';
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { BlockPublicAccess, Bucket, BucketEncryption, ObjectOwnership } from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import { acknowledgeRule } from '../iam/acknowledge-rule.ts';

export interface DataEventTrailProps {
  readonly vaultName: string;
  readonly key: IKey | undefined;
  readonly tableArns: readonly string[];
  readonly functionArns: readonly string[];
  readonly keepDays: number;
}

/** Old versions exist only where something else than the trail wrote. */
const OLD_VERSION_DAYS = 30;

/** Known before the trail exists: the policies of its key and bucket name it. */
export function trailArnOf(scope: Construct, vaultName: string): string {
  return Stack.of(scope).formatArn({
    service: 'cloudtrail',
    resource: 'trail',
    resourceName: vaultName,
    arnFormat: ArnFormat.SLASH_RESOURCE_NAME,
  });
}

/**
 * A trail of data events only: each use of the vault's tables and functions, with the role that used them. Calls of KMS
 * and Secrets Manager are management events, which the account's own trail records.
 */
export class DataEventTrail extends Construct {
  readonly bucket: Bucket;

  constructor(scope: Construct, id: string, props: DataEventTrailProps) {
    super(scope, id);
    const { vaultName, key, tableArns, functionArns, keepDays } = props;
    this.bucket = new Bucket(this, 'Files', {
      encryption: key === undefined ? BucketEncryption.S3_MANAGED : BucketEncryption.KMS,
      ...(key !== undefined && { encryptionKey: key }),
      blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
      objectOwnership: ObjectOwnership.BUCKET_OWNER_ENFORCED,
      enforceSSL: true,
      versioned: true,
      lifecycleRules: [
        {
          id: 'expire',
          expiration: Duration.days(keepDays),
          noncurrentVersionExpiration: Duration.days(OLD_VERSION_DAYS),
          abortIncompleteMultipartUploadAfter: Duration.days(1),
        },
      ],
      // Evidence outlives the vault. A rollback could not delete a bucket with files either.
      removalPolicy: RemovalPolicy.RETAIN,
    });
    const trailArn = trailArnOf(this, vaultName);
    for (const statement of deliveryStatements(this.bucket, trailArn)) {
      this.bucket.addToResourcePolicy(statement);
    }
    const trail = new CfnTrail(this, 'Trail', {
      trailName: vaultName,
      isLogging: true,
      s3BucketName: this.bucket.bucketName,
      enableLogFileValidation: true,
      isMultiRegionTrail: false,
      includeGlobalServiceEvents: false,
      ...(key !== undefined && { kmsKeyId: key.keyArn }),
      advancedEventSelectors: [
        selector('Items of the tables', 'AWS::DynamoDB::Table', { equalTo: [...tableArns] }),
        // With an alias or a version behind it.
        selector('Runs of the functions', 'AWS::Lambda::Function', { startsWith: [...functionArns] }),
      ],
    });
    acknowledgeTrail(this.bucket, trail, key !== undefined);
    if (this.bucket.policy !== undefined) trail.node.addDependency(this.bucket.policy);
  }
}

function acknowledgeTrail(bucket: Bucket, trail: CfnTrail, hasKey: boolean): void {
  acknowledgeRule(
    bucket,
    'S3BucketLoggingEnabled',
    'Only CloudTrail writes to it, and its digests show any change. Access logs need a second bucket, which would have the same finding.',
  );
  acknowledgeRule(
    bucket,
    'S3BucketReplicationEnabled',
    'Amazon S3 keeps each file in three zones. Replicate it to your log archive if your rules ask for a second Region.',
  );
  acknowledgeRule(
    trail,
    'CloudTrailCloudWatchLogsEnabled',
    'It holds data events alone. The alarms read metrics of the vault, and a second copy would cost more than the trail.',
  );
  if (hasKey) return;
  const reason = 'Amazon S3 encrypts the files. compliance: strict adds a key of the vault.';
  acknowledgeRule(bucket, 'S3DefaultEncryptionKMS', reason);
  acknowledgeRule(trail, 'CloudTrailEncryptionEnabled', reason);
}

function selector(
  name: string,
  resourceType: string,
  arns: { readonly equalTo: string[] } | { readonly startsWith: string[] },
): CfnTrail.AdvancedEventSelectorProperty {
  return {
    name,
    fieldSelectors: [
      { field: 'eventCategory', equalTo: ['Data'] },
      { field: 'resources.type', equalTo: [resourceType] },
      { field: 'resources.ARN', ...arns },
    ],
  };
}

/** @see https://docs.aws.amazon.com/awscloudtrail/latest/userguide/create-s3-bucket-policy-for-cloudtrail.html */
function deliveryStatements(bucket: Bucket, trailArn: string): PolicyStatement[] {
  const principals = [new ServicePrincipal('cloudtrail.amazonaws.com')];
  const fromTrail = { 'aws:SourceArn': trailArn };
  return [
    new PolicyStatement({
      sid: 'CheckBucket',
      principals,
      actions: ['s3:GetBucketAcl'],
      resources: [bucket.bucketArn],
      conditions: { StringEquals: fromTrail },
    }),
    new PolicyStatement({
      sid: 'WriteTrail',
      principals,
      actions: ['s3:PutObject'],
      resources: [bucket.arnForObjects(`AWSLogs/${Stack.of(bucket).account}/*`)],
      conditions: { StringEquals: { ...fromTrail, 's3:x-amz-acl': 'bucket-owner-full-control' } },
    }),
  ];
}
