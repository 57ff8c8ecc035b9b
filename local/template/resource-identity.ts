import { createHash } from 'node:crypto';

/** What `Ref` and `Fn::GetAtt` answer for a resource once it is deployed. */
export interface ResourceIdentity {
  ref: string;
  attributes: Record<string, string>;
}

export interface ResourceInPlace {
  stackName: string;
  logicalId: string;
  accountId: string;
  region: string;
  partition: string;
  urlSuffix: string;
  /** A property of the resource, resolved; undefined when the template does not set it. */
  text(property: string): string | undefined;
}

type Identify = (resource: ResourceInPlace) => ResourceIdentity;

function arn(r: ResourceInPlace, service: string, rest: string): string {
  return `arn:${r.partition}:${service}:${r.region}:${r.accountId}:${rest}`;
}

function globalArn(r: ResourceInPlace, service: string, rest: string): string {
  return `arn:${r.partition}:${service}::${r.accountId}:${rest}`;
}

function nameOf(r: ResourceInPlace, property: string, maxLength: number): string {
  return r.text(property) ?? generatedName(r.stackName, r.logicalId, maxLength);
}

function named(
  property: string,
  maxLength: number,
  service: string,
  path: (name: string) => string,
): Identify {
  return (r) => {
    const name = nameOf(r, property, maxLength);
    return { ref: name, attributes: { Arn: arn(r, service, path(name)) } };
  };
}

const opaque: Identify = (r) => {
  const id = generatedApiId(r.stackName, r.logicalId);
  return { ref: id, attributes: { Id: id } };
};

const role: Identify = (r) => {
  const name = nameOf(r, 'RoleName', 64);
  const path = r.text('Path') ?? '/';
  return {
    ref: name,
    attributes: {
      Arn: globalArn(r, 'iam', `role${path}${name}`),
      RoleId: `AROA${generatedApiId(r.stackName, r.logicalId).toUpperCase()}`,
    },
  };
};

function keyWithId(r: ResourceInPlace, id: string): ResourceIdentity {
  return {
    ref: id,
    attributes: { Arn: arn(r, 'kms', `key/${id}`), KeyId: id },
  };
}

const key: Identify = (r) => {
  const id = generatedUuid(r.stackName, r.logicalId);
  return keyWithId(r, r.text('MultiRegion') === 'true' ? `mrk-${id.replaceAll('-', '')}` : id);
};

/** A replica has the id of its primary key. */
const replicaKey: Identify = (r) => keyWithId(r, r.text('PrimaryKeyArn')?.split('/').at(-1) ?? '');

const secret: Identify = (r) => {
  const name = nameOf(r, 'Name', 512);
  const secretArn = arn(
    r,
    'secretsmanager',
    `secret:${name}-${generatedSecretSuffix(r.stackName, r.logicalId)}`,
  );
  return { ref: secretArn, attributes: { Id: secretArn, Arn: secretArn, Name: name } };
};

const lambdaVersion: Identify = (r) => {
  const version = `${functionArnOf(r, r.text('FunctionName'))}:1`;
  return { ref: version, attributes: { Version: '1', FunctionArn: version } };
};

const lambdaAlias: Identify = (r) => {
  const alias = `${functionArnOf(r, r.text('FunctionName'))}:${r.text('Name') ?? ''}`;
  return { ref: alias, attributes: { AliasArn: alias } };
};

function functionArnOf(r: ResourceInPlace, nameOrArn = ''): string {
  return nameOrArn.startsWith('arn:') ? nameOrArn : arn(r, 'lambda', `function:${nameOrArn}`);
}

const httpApi: Identify = (r) => {
  const id = generatedApiId(r.stackName, r.logicalId);
  const endpoint = `https://${id}.execute-api.${r.region}.${r.urlSuffix}`;
  return { ref: id, attributes: { ApiId: id, ApiEndpoint: endpoint } };
};

const stage: Identify = (r) => ({ ref: r.text('StageName') ?? '$default', attributes: {} });

const queue: Identify = (r) => {
  const name = nameOf(r, 'QueueName', 80);
  const url = `https://sqs.${r.region}.${r.urlSuffix}/${r.accountId}/${name}`;
  return { ref: url, attributes: { Arn: arn(r, 'sqs', name), QueueName: name, QueueUrl: url } };
};

const schedule: Identify = (r) => {
  const name = nameOf(r, 'Name', 64);
  const group = r.text('GroupName') ?? 'default';
  return { ref: name, attributes: { Arn: arn(r, 'scheduler', `schedule/${group}/${name}`) } };
};

const eventRule: Identify = (r) => {
  const name = nameOf(r, 'Name', 64);
  const bus = r.text('EventBusName')?.split('/').at(-1);
  const path = bus === undefined || bus === 'default' ? name : `${bus}/${name}`;
  return { ref: name, attributes: { Arn: arn(r, 'events', `rule/${path}`) } };
};

const topic: Identify = (r) => {
  const name = nameOf(r, 'TopicName', 256);
  const topicArn = arn(r, 'sns', name);
  return { ref: topicArn, attributes: { TopicArn: topicArn, TopicName: name } };
};

const managedPolicy: Identify = (r) => {
  const policyArn = globalArn(r, 'iam', `policy/${nameOf(r, 'ManagedPolicyName', 128)}`);
  return { ref: policyArn, attributes: { PolicyArn: policyArn } };
};

const table: Identify = (r) => {
  const name = nameOf(r, 'TableName', 255);
  const tableArn = arn(r, 'dynamodb', `table/${name}`);
  return {
    ref: name,
    attributes: { Arn: tableArn, StreamArn: `${tableArn}/stream/2000-01-01T00:00:00.000` },
  };
};

const alias: Identify = (r) => {
  const name = nameOf(r, 'AliasName', 256);
  return { ref: name, attributes: { Arn: arn(r, 'kms', name) } };
};

const identifyByType: Record<string, Identify> = {
  'AWS::ApiGatewayV2::Api': httpApi,
  'AWS::ApiGatewayV2::ApiMapping': opaque,
  'AWS::ApiGatewayV2::Authorizer': opaque,
  'AWS::ApiGatewayV2::DomainName': (r) => ({
    ref: nameOf(r, 'DomainName', 253),
    attributes: {
      RegionalDomainName: `d-local.execute-api.${r.region}.${r.urlSuffix}`,
      RegionalHostedZoneId: 'ZLOCAL',
    },
  }),
  'AWS::ApiGatewayV2::Integration': opaque,
  'AWS::ApiGatewayV2::Route': opaque,
  'AWS::ApiGatewayV2::Stage': stage,
  'AWS::CloudFront::Distribution': (r) => {
    const id = generatedApiId(r.stackName, r.logicalId);
    return { ref: id, attributes: { Id: id, DomainName: `${id}.cloudfront.net` } };
  },
  'AWS::CloudWatch::Alarm': named('AlarmName', 255, 'cloudwatch', (name) => `alarm:${name}`),
  'AWS::CloudWatch::CompositeAlarm': named('AlarmName', 255, 'cloudwatch', (name) => `alarm:${name}`),
  'AWS::CloudWatch::Dashboard': named('DashboardName', 255, 'cloudwatch', (name) => `dashboard/${name}`),
  'AWS::DynamoDB::Table': table,
  'AWS::Events::EventBus': named('Name', 256, 'events', (name) => `event-bus/${name}`),
  'AWS::Events::Rule': eventRule,
  'AWS::IAM::ManagedPolicy': managedPolicy,
  'AWS::IAM::Policy': (r) => ({ ref: nameOf(r, 'PolicyName', 128), attributes: {} }),
  'AWS::IAM::Role': role,
  'AWS::KMS::Alias': alias,
  'AWS::KMS::Key': key,
  'AWS::KMS::ReplicaKey': replicaKey,
  'AWS::Lambda::Alias': lambdaAlias,
  'AWS::Lambda::EventInvokeConfig': opaque,
  'AWS::Lambda::Function': named('FunctionName', 64, 'lambda', (name) => `function:${name}`),
  'AWS::Lambda::Permission': opaque,
  'AWS::Lambda::Version': lambdaVersion,
  'AWS::Logs::LogGroup': named('LogGroupName', 512, 'logs', (name) => `log-group:${name}:*`),
  'AWS::S3::Bucket': (r) => {
    const name = nameOf(r, 'BucketName', 63).toLowerCase();
    return { ref: name, attributes: { Arn: `arn:aws:s3:::${name}` } };
  },
  'AWS::SNS::Topic': topic,
  'AWS::SQS::Queue': queue,
  'AWS::Scheduler::Schedule': schedule,
  'AWS::Scheduler::ScheduleGroup': named('Name', 64, 'scheduler', (name) => `schedule-group/${name}`),
  'AWS::SecretsManager::Secret': secret,
};

/** The template may contain resources of other types, but nothing may refer to them. */
export function identifyResource(type: string, resource: ResourceInPlace): ResourceIdentity | undefined {
  return identifyByType[type]?.(resource);
}

/** Stable names in AWS's shapes, so that two runs of the same template agree. */
function digest(...parts: string[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex');
}

const BASE36 = 36;
const SUFFIX_LENGTH = 12;
const API_ID_LENGTH = 10;

function base36(length: number, ...parts: string[]): string {
  return BigInt(`0x${digest(...parts)}`)
    .toString(BASE36)
    .slice(0, length);
}

/** `<stack>-<logical id>-<suffix>`, as CloudFormation names what the template leaves unnamed. */
function generatedName(stackName: string, logicalId: string, maxLength: number): string {
  const suffix = base36(SUFFIX_LENGTH, stackName, logicalId).toUpperCase();
  const room = maxLength - suffix.length - 1;
  const whole = `${stackName}-${logicalId}`;
  return `${whole.length <= room ? whole : whole.slice(0, room)}-${suffix}`;
}

function generatedApiId(stackName: string, logicalId: string): string {
  return base36(API_ID_LENGTH, 'api', stackName, logicalId).toLowerCase();
}

export function generatedUuid(stackName: string, logicalId: string): string {
  const hex = digest('uuid', stackName, logicalId);
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `4${hex.slice(13, 16)}`,
    `8${hex.slice(17, 20)}`,
    hex.slice(20, 32),
  ].join('-');
}

/** Secrets Manager ends every secret ARN in a hyphen and six characters. */
function generatedSecretSuffix(stackName: string, logicalId: string): string {
  return base36(6, 'secret', stackName, logicalId);
}
