import type { JsonObject } from '../../test/support/synth/template.ts';
import { asArray, asObject } from '../../test/support/synth/template.ts';

/** A resource as a control sees it. */
export interface ControlledResource {
  readonly logicalId: string;
  readonly type: string;
  readonly properties: JsonObject;
}

/** A control that has no rule in cdk-nag's packs. */
export interface Control {
  readonly id: string;
  readonly title: string;
  readonly type: string;
  meets(resource: ControlledResource): boolean;
  /** The rule of cdk-nag that asks for the same: the resource itself says why it does not meet it. */
  readonly rule?: string;
  /** Why a resource does not meet it, where no such rule exists. */
  readonly whyNot?: string;
}

type Check = (properties: JsonObject) => boolean;

function control(
  id: string,
  title: string,
  type: string,
  meets: Check,
  why: { rule?: string; whyNot?: string } = {},
): Control {
  return { id, title, type: `AWS::${type}`, meets: ({ properties }) => meets(properties), ...why };
}

const has =
  (name: string): Check =>
  (properties) =>
    properties[name] !== undefined;
const isTrue =
  (name: string): Check =>
  (properties) =>
    properties[name] === true;
const isTagged: Check = ({ Tags }) => Object.keys(Tags ?? {}).length > 0;

const statementsOf = (document: unknown): readonly JsonObject[] =>
  asArray(asObject(document).Statement).map(asObject);

/** No statement allows every principal. */
function isPrivate(document: unknown): boolean {
  return statementsOf(document).every(
    ({ Effect, Principal, Condition }) =>
      Effect !== 'Allow' || Condition !== undefined || (Principal !== '*' && asObject(Principal).AWS !== '*'),
  );
}

function allows(document: unknown, action: RegExp, resource: (text: string) => boolean): boolean {
  return statementsOf(document).some(
    ({ Effect, Action, Resource }) =>
      Effect === 'Allow' &&
      asArray(Action).some((one) => action.test(String(one))) &&
      asArray(Resource).some((one) => resource(typeof one === 'string' ? one : JSON.stringify(one))),
  );
}

const requiresTls: Check = ({ PolicyDocument }) =>
  statementsOf(PolicyDocument).some(
    ({ Effect, Condition }) =>
      Effect === 'Deny' && asObject(asObject(Condition).Bool)['aws:SecureTransport'] === 'false',
  );

const blocksPublicAccess: Check = ({ PublicAccessBlockConfiguration }) => {
  const block = asObject(PublicAccessBlockConfiguration);
  return ['BlockPublicAcls', 'BlockPublicPolicy', 'IgnorePublicAcls', 'RestrictPublicBuckets'].every(
    (name) => block[name] === true,
  );
};

const rotates: Check = ({ EnableKeyRotation }) => EnableKeyRotation === true;
const hasPitr: Check = ({ PointInTimeRecoverySpecification: pitr }) =>
  asObject(pitr).PointInTimeRecoveryEnabled === true;
const isTraced: Check = ({ TracingConfig }) => asObject(TracingConfig).Mode === 'Active';
const keepsAYear: Check = ({ RetentionInDays }) => Number(RetentionInDays) >= 365;
const hasAlarmAction: Check = ({ AlarmActions }) => asArray(AlarmActions).length > 0;
const hasAccessLog: Check = ({ AccessLogSettings }) =>
  asObject(AccessLogSettings).DestinationArn !== undefined;
const isPublicInvoke: Check = ({ Principal }) => Principal === '*';
const hasLifecycle: Check = ({ LifecycleConfiguration }) =>
  asArray(asObject(LifecycleConfiguration).Rules).length > 0;
const isVersioned: Check = ({ VersioningConfiguration }) =>
  asObject(VersioningConfiguration).Status === 'Enabled';
const usesNoAcl: Check = ({ AccessControl }) => AccessControl === undefined;
const isEncryptedQueue: Check = (queue) =>
  queue.SqsManagedSseEnabled === true || queue.KmsMasterKeyId !== undefined;
const decryptsNoKeyAtAll: Check = ({ PolicyDocument }) =>
  !allows(
    PolicyDocument,
    /^kms:(Decrypt|ReEncryptFrom|\*)$/,
    (text) => text === '*' || /:key\/\*/.test(text),
  );

const NO_RETENTION =
  'Ninety days by default, because storage costs by the gigabyte. vault.logRetentionDays or compliance: strict keeps a year.';
const DELETABLE = 'It is a cache that the vault fills again. compliance: strict protects it.';
const PUBLIC_ROUTE = { rule: 'APIG4' };
const FOREIGN_KEY =
  'Only with a topic of yours (alarmTopicArn): its key is unknown. The conditions leave what SNS does for that topic.';
const NO_LOCK =
  'The digests of the trail show any change to a file. A lock would also keep an operator from deleting a test vault.';
const NO_MFA_DELETE =
  'CloudFormation cannot turn it on, and it needs the root user. Turn it on by hand if your rules ask for it.';
const NO_EVENTS = 'No process acts on new files of the trail. People read them for an audit.';

/** Security Hub CSPM, for the resource types of a vault. @see https://docs.aws.amazon.com/securityhub/latest/userguide/securityhub-controls-reference.html */
export const SECURITY_HUB: readonly Control[] = [
  control(
    'APIGateway.8',
    'API Gateway routes should specify an authorization type',
    'ApiGatewayV2::Route',
    ({ AuthorizationType }) => AuthorizationType !== undefined && AuthorizationType !== 'NONE',
    PUBLIC_ROUTE,
  ),
  control(
    'APIGateway.9',
    'Access logging should be configured for API Gateway V2 stages',
    'ApiGatewayV2::Stage',
    hasAccessLog,
  ),
  control(
    'CloudTrail.2',
    'CloudTrail should have encryption at rest enabled',
    'CloudTrail::Trail',
    has('KMSKeyId'),
    { rule: 'CloudTrailEncryptionEnabled' },
  ),
  control(
    'CloudTrail.4',
    'CloudTrail log file validation should be enabled',
    'CloudTrail::Trail',
    isTrue('EnableLogFileValidation'),
  ),
  control(
    'CloudTrail.5',
    'CloudTrail trails should be integrated with CloudWatch Logs',
    'CloudTrail::Trail',
    has('CloudWatchLogsLogGroupArn'),
    { rule: 'CloudTrailCloudWatchLogsEnabled' },
  ),
  control(
    'CloudTrail.7',
    'S3 access logging should be enabled on the CloudTrail S3 bucket',
    'S3::Bucket',
    has('LoggingConfiguration'),
    { rule: 'S3BucketLoggingEnabled' },
  ),
  control('CloudTrail.9', 'Trails should be tagged', 'CloudTrail::Trail', isTagged),
  control(
    'CloudWatch.15',
    'Alarms should have an action configured for the ALARM state',
    'CloudWatch::Alarm',
    hasAlarmAction,
    { rule: 'CloudWatchAlarmAction' },
  ),
  control(
    'CloudWatch.16',
    'Log groups should be retained for at least a year',
    'Logs::LogGroup',
    keepsAYear,
    { whyNot: NO_RETENTION },
  ),
  control(
    'CloudWatch.17',
    'Alarm actions should be activated',
    'CloudWatch::Alarm',
    ({ ActionsEnabled }) => ActionsEnabled !== false,
  ),
  control(
    'DynamoDB.1',
    'Tables should scale capacity with demand',
    'DynamoDB::Table',
    ({ BillingMode }) => BillingMode === 'PAY_PER_REQUEST',
  ),
  control('DynamoDB.2', 'Tables should have point-in-time recovery enabled', 'DynamoDB::Table', hasPitr, {
    rule: 'DynamoDBPITREnabled',
  }),
  control('DynamoDB.4', 'Tables should be covered by a backup plan', 'DynamoDB::Table', () => false, {
    rule: 'DynamoDBInBackupPlan',
  }),
  control('DynamoDB.5', 'Tables should be tagged', 'DynamoDB::Table', isTagged),
  control(
    'DynamoDB.6',
    'Tables should have deletion protection enabled',
    'DynamoDB::Table',
    isTrue('DeletionProtectionEnabled'),
    { whyNot: DELETABLE },
  ),
  control(
    'IAM.1',
    'Policies should not allow full administrative privileges',
    'IAM::Policy',
    ({ PolicyDocument }) => !allows(PolicyDocument, /^\*$/, (text) => text === '*'),
  ),
  control('IAM.24', 'Roles should be tagged', 'IAM::Role', isTagged),
  control(
    'KMS.2',
    'Inline policies should not allow decryption with all keys',
    'IAM::Policy',
    decryptsNoKeyAtAll,
    { whyNot: FOREIGN_KEY },
  ),
  control('KMS.4', 'Key rotation should be enabled', 'KMS::Key', rotates),
  control('KMS.5', 'Keys should not be publicly accessible', 'KMS::Key', ({ KeyPolicy }) =>
    isPrivate(KeyPolicy),
  ),
  control(
    'Lambda.1',
    'Function policies should prohibit public access',
    'Lambda::Permission',
    (permission) => !isPublicInvoke(permission),
  ),
  control(
    'Lambda.2',
    'Functions should use supported runtimes',
    'Lambda::Function',
    ({ Runtime }) => Runtime === 'nodejs24.x',
  ),
  control('Lambda.3', 'Functions should be in a VPC', 'Lambda::Function', has('VpcConfig'), {
    rule: 'LambdaInsideVPC',
  }),
  control('Lambda.6', 'Functions should be tagged', 'Lambda::Function', isTagged),
  control('Lambda.7', 'Functions should have active tracing with AWS X-Ray', 'Lambda::Function', isTraced, {
    rule: 'LambdaTracing',
  }),
  control('S3.5', 'Buckets should require requests to use TLS', 'S3::BucketPolicy', requiresTls),
  control(
    'S3.7',
    'Buckets should use cross-Region replication',
    'S3::Bucket',
    has('ReplicationConfiguration'),
    { rule: 'S3BucketReplicationEnabled' },
  ),
  control('S3.8', 'Buckets should block public access', 'S3::Bucket', blocksPublicAccess),
  control(
    'S3.9',
    'Buckets should have server access logging enabled',
    'S3::Bucket',
    has('LoggingConfiguration'),
    { rule: 'S3BucketLoggingEnabled' },
  ),
  control('S3.10', 'Versioned buckets should have lifecycle configurations', 'S3::Bucket', hasLifecycle),
  control(
    'S3.11',
    'Buckets should have event notifications enabled',
    'S3::Bucket',
    has('NotificationConfiguration'),
    { whyNot: NO_EVENTS },
  ),
  control('S3.12', 'ACLs should not manage access to buckets', 'S3::Bucket', usesNoAcl),
  control('S3.13', 'Buckets should have lifecycle configurations', 'S3::Bucket', hasLifecycle),
  control('S3.14', 'Buckets should have versioning enabled', 'S3::Bucket', isVersioned),
  control('S3.15', 'Buckets should have Object Lock enabled', 'S3::Bucket', has('ObjectLockEnabled'), {
    whyNot: NO_LOCK,
  }),
  control(
    'S3.17',
    'Buckets should be encrypted at rest with KMS keys',
    'S3::Bucket',
    ({ BucketEncryption }) => JSON.stringify(BucketEncryption).includes('aws:kms'),
    { rule: 'S3DefaultEncryptionKMS' },
  ),
  control('S3.20', 'Buckets should have MFA delete enabled', 'S3::Bucket', () => false, {
    whyNot: NO_MFA_DELETE,
  }),
  control(
    'SecretsManager.1',
    'Secrets should have automatic rotation enabled',
    'SecretsManager::Secret',
    () => false,
    { rule: 'SecretsManagerRotationEnabled' },
  ),
  control(
    'SecretsManager.4',
    'Secrets should be rotated within a number of days',
    'SecretsManager::Secret',
    () => false,
    { rule: 'SecretsManagerRotationEnabled' },
  ),
  control('SecretsManager.5', 'Secrets should be tagged', 'SecretsManager::Secret', isTagged),
  control('SNS.1', 'Topics should be encrypted at rest with KMS', 'SNS::Topic', has('KmsMasterKeyId'), {
    rule: 'SNSEncryptedKMS',
  }),
  control('SNS.3', 'Topics should be tagged', 'SNS::Topic', isTagged),
  control(
    'SNS.4',
    'Topic policies should not allow public access',
    'SNS::TopicPolicy',
    ({ PolicyDocument }) => isPrivate(PolicyDocument),
  ),
  control('SQS.1', 'Queues should be encrypted at rest', 'SQS::Queue', isEncryptedQueue),
  control('SQS.2', 'Queues should be tagged', 'SQS::Queue', isTagged),
  control(
    'SQS.3',
    'Queue policies should not allow public access',
    'SQS::QueuePolicy',
    ({ PolicyDocument }) => isPrivate(PolicyDocument),
  ),
];

const SEALED =
  'DynamoDB encrypts it with an AWS owned key, and the vault seals each token with its KMS keys. With a table key, every reader of the table would need that key too.';

/** Control Tower's proactive controls. @see https://docs.aws.amazon.com/controltower/latest/controlreference/proactive-controls.html */
export const CONTROL_TOWER: readonly Control[] = [
  control(
    'CT.APIGATEWAY.PR.4',
    'An API Gateway V2 stage has access logging activated',
    'ApiGatewayV2::Stage',
    hasAccessLog,
  ),
  control(
    'CT.CLOUDTRAIL.PR.1',
    'A trail has encryption at rest activated',
    'CloudTrail::Trail',
    has('KMSKeyId'),
    { rule: 'CloudTrailEncryptionEnabled' },
  ),
  control(
    'CT.CLOUDTRAIL.PR.2',
    'A trail has log file validation activated',
    'CloudTrail::Trail',
    isTrue('EnableLogFileValidation'),
  ),
  control(
    'CT.CLOUDWATCH.PR.1',
    'An alarm has an action for the alarm state',
    'CloudWatch::Alarm',
    hasAlarmAction,
    { rule: 'CloudWatchAlarmAction' },
  ),
  control('CT.CLOUDWATCH.PR.2', 'A log group is retained for at least a year', 'Logs::LogGroup', keepsAYear, {
    whyNot: NO_RETENTION,
  }),
  control(
    'CT.CLOUDWATCH.PR.3',
    'A log group is encrypted with a KMS key',
    'Logs::LogGroup',
    has('KmsKeyId'),
    { rule: 'CloudWatchLogGroupEncrypted' },
  ),
  control(
    'CT.CLOUDWATCH.PR.4',
    'An alarm has actions activated',
    'CloudWatch::Alarm',
    ({ ActionsEnabled }) => ActionsEnabled !== false,
  ),
  control('CT.DYNAMODB.PR.1', 'A table has point-in-time recovery', 'DynamoDB::Table', hasPitr, {
    rule: 'DynamoDBPITREnabled',
  }),
  control(
    'CT.DYNAMODB.PR.2',
    'A table is encrypted at rest with a KMS key',
    'DynamoDB::Table',
    ({ SSESpecification }) => asObject(SSESpecification).SSEEnabled === true,
    { whyNot: SEALED },
  ),
  control(
    'CT.IAM.PR.1',
    'No inline policy allows every action on every resource',
    'IAM::Policy',
    ({ PolicyDocument }) => !allows(PolicyDocument, /^\*$/, (text) => text === '*'),
  ),
  control(
    'CT.IAM.PR.5',
    'No inline policy has wildcard service actions',
    'IAM::Policy',
    ({ PolicyDocument }) => !allows(PolicyDocument, /^([a-z0-9-]+:)?\*$/, () => true),
  ),
  control('CT.KMS.PR.1', 'A key has rotation configured', 'KMS::Key', rotates),
  control(
    'CT.KMS.PR.3',
    'A key policy limits the creation of grants to AWS services',
    'KMS::Key',
    ({ KeyPolicy }) => !allows(KeyPolicy, /^kms:(CreateGrant|Create\*|\*)$/, () => true),
  ),
  control(
    'CT.LAMBDA.PR.2',
    'Function policies prohibit public access',
    'Lambda::Permission',
    (permission) => !isPublicInvoke(permission),
  ),
  control('CT.LAMBDA.PR.3', 'A function is in a VPC', 'Lambda::Function', has('VpcConfig'), {
    rule: 'LambdaInsideVPC',
  }),
  control('CT.S3.PR.1', 'A bucket has block public access settings', 'S3::Bucket', blocksPublicAccess),
  control('CT.S3.PR.2', 'A bucket has server access logging', 'S3::Bucket', has('LoggingConfiguration'), {
    rule: 'S3BucketLoggingEnabled',
  }),
  control(
    'CT.S3.PR.3',
    'A bucket has versioning and a lifecycle policy',
    'S3::Bucket',
    (bucket) => isVersioned(bucket) && hasLifecycle(bucket),
  ),
  control('CT.S3.PR.4', 'A bucket has event notifications', 'S3::Bucket', has('NotificationConfiguration'), {
    whyNot: NO_EVENTS,
  }),
  control('CT.S3.PR.5', 'A bucket manages no access with an ACL', 'S3::Bucket', usesNoAcl),
  control('CT.S3.PR.6', 'A bucket has lifecycle policies', 'S3::Bucket', hasLifecycle),
  control('CT.S3.PR.7', 'A bucket has server-side encryption', 'S3::Bucket', has('BucketEncryption')),
  control('CT.S3.PR.8', 'Requests to a bucket use TLS', 'S3::BucketPolicy', requiresTls),
  control(
    'CT.SQS.PR.1',
    'A queue has a dead-letter queue',
    'SQS::Queue',
    (queue) => queue.RedrivePolicy !== undefined || queue.RedriveAllowPolicy !== undefined,
    { rule: 'SQSRedrivePolicy' },
  ),
  control('CT.SQS.PR.2', 'A queue has encryption at rest', 'SQS::Queue', isEncryptedQueue),
];
