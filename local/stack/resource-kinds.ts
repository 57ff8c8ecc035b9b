import { LocalStackError } from './local-stack-error.ts';

/** Types the loader turns into something that behaves. */
const loadedTypes = new Set([
  'AWS::ApiGatewayV2::Api',
  'AWS::ApiGatewayV2::Authorizer',
  'AWS::ApiGatewayV2::Integration',
  'AWS::ApiGatewayV2::Route',
  'AWS::ApiGatewayV2::Stage',
  'AWS::DynamoDB::Table',
  'AWS::Events::EventBus',
  'AWS::Events::Rule',
  'AWS::IAM::ManagedPolicy',
  'AWS::IAM::Policy',
  'AWS::IAM::Role',
  'AWS::KMS::Alias',
  'AWS::KMS::Key',
  'AWS::KMS::ReplicaKey',
  'AWS::Lambda::Alias',
  'AWS::Lambda::EventInvokeConfig',
  'AWS::Lambda::Function',
  'AWS::Lambda::Permission',
  'AWS::Lambda::Version',
  'AWS::SQS::Queue',
  'AWS::Scheduler::Schedule',
  'AWS::Scheduler::ScheduleGroup',
  'AWS::SecretsManager::Secret',
]);

/** Types left out on purpose, with the reason: none of them changes what a function or a caller sees. */
const ignoredTypes = new Map([
  ['AWS::ApiGatewayV2::ApiMapping', 'the hosts map plays DNS'],
  ['AWS::ApiGatewayV2::DomainName', 'the hosts map plays DNS'],
  ['AWS::CDK::Metadata', 'CDK usage data'],
  ['AWS::CertificateManager::Certificate', 'loopback speaks http'],
  ['AWS::CloudFront::Distribution', 'browsers come straight to the gateway here'],
  ['AWS::CloudWatch::Alarm', 'metrics are read from the log lines'],
  ['AWS::CloudWatch::CompositeAlarm', 'metrics are read from the log lines'],
  ['AWS::CloudWatch::Dashboard', 'metrics are read from the log lines'],
  ['AWS::CodeDeploy::Application', 'a deployment happens at once here'],
  ['AWS::CodeDeploy::DeploymentGroup', 'a deployment happens at once here'],
  ['AWS::Logs::LogGroup', 'log lines stay in memory'],
  ['AWS::Logs::MetricFilter', 'metrics are read from the log lines'],
  ['AWS::Logs::QueryDefinition', 'a saved query'],
  ['AWS::Logs::ResourcePolicy', 'log lines stay in memory'],
  ['AWS::Route53::RecordSet', 'the hosts map plays DNS'],
  ['AWS::SNS::Subscription', 'alarms are not raised here'],
  ['AWS::SNS::Topic', 'alarms are not raised here'],
  ['AWS::SNS::TopicPolicy', 'alarms are not raised here'],
  ['AWS::WAFv2::WebACL', 'browsers come straight to the gateway here'],
  ['AWS::SQS::QueuePolicy', 'nothing but the stack itself writes to its queues'],
]);

export function isIgnoredType(type: string): boolean {
  return ignoredTypes.has(type);
}

/** A type nobody thought about could change behaviour, so the stack refuses to pretend. */
export function assertKnownType(type: string, logicalId: string, stackName: string): void {
  if (loadedTypes.has(type) || ignoredTypes.has(type)) return;
  throw new LocalStackError(
    'TEMPLATE_UNSUPPORTED',
    `${stackName} contains ${logicalId} of type ${type}, which the local stack neither runs nor knows to be safe to ignore.`,
  );
}
