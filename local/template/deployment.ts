import type { AwsPlace } from '../stack/aws-place.ts';
import { LocalStackError } from '../stack/local-stack-error.ts';
import type { AssemblyStack, CloudAssembly } from './cloud-assembly.ts';
import { createIntrinsicResolver, type IntrinsicResolver } from './intrinsics.ts';
import type { ResourceIdentity } from './resource-identity.ts';
import { asRecord, asString, type JsonRecord } from './template.ts';

/** A resource as CloudFormation would create it: properties resolved, name and ARN known. */
export interface DeployedResource {
  stackName: string;
  logicalId: string;
  type: string;
  properties: JsonRecord;
  identity: ResourceIdentity;
}

interface DeployedStack {
  stackName: string;
  outputs: Record<string, string>;
  assetPaths: Map<string, string>;
}

export interface Deployment {
  place: AwsPlace;
  resources: DeployedResource[];
  stacks: DeployedStack[];
}

export interface DeploymentOptions {
  place: AwsPlace;
  parameters?: Record<string, string>;
}

const noIdentity: ResourceIdentity = { ref: '', attributes: {} };

/** Resolves every stack of the assembly as if all of them had been deployed. */
export function planDeployment(assembly: CloudAssembly, options: DeploymentOptions): Deployment {
  const { place, parameters = {} } = options;
  const resolvers = new Map<string, IntrinsicResolver>();

  const outputOf = (stackName: string, outputName: string): unknown => {
    const stack = assembly.stacks.find((candidate) => candidate.stackName === stackName);
    const output = stack?.template.Outputs?.[outputName];
    if (!stack || !output) {
      throw new LocalStackError(
        'TEMPLATE_UNSUPPORTED',
        `No stack ${stackName} with an output ${outputName} was synthesised.`,
      );
    }
    return resolverOf(stack).resolve(output.Value);
  };

  const exportNamed = (name: string): unknown => {
    for (const stack of assembly.stacks) {
      for (const output of Object.values(stack.template.Outputs ?? {})) {
        if (output.Export && resolverOf(stack).resolve(output.Export.Name) === name) {
          return resolverOf(stack).resolve(output.Value);
        }
      }
    }
    throw new LocalStackError(
      'TEMPLATE_UNSUPPORTED',
      `A stack imports ${name}, which no synthesised stack exports.`,
    );
  };

  const resolverOf = (stack: AssemblyStack): IntrinsicResolver => {
    const known = resolvers.get(stack.stackName);
    if (known) return known;
    const created = createIntrinsicResolver({ stack, place, parameters, exportNamed, outputOf });
    resolvers.set(stack.stackName, created);
    return created;
  };

  const resourcesOf = (stack: AssemblyStack): DeployedResource[] => {
    const { stackName, template } = stack;
    const resolver = resolverOf(stack);
    if (template.Transform !== undefined) {
      throw new LocalStackError(
        'TEMPLATE_UNSUPPORTED',
        `${stackName} uses a template transform, which only AWS can run.`,
      );
    }
    return Object.entries(template.Resources ?? {}).flatMap(([logicalId, resource]): DeployedResource[] => {
      const { Type: type, Properties, Condition } = resource;
      if (Condition !== undefined && !resolver.conditionHolds(Condition)) return [];
      assertKnownType(type, logicalId, stackName);
      if (isIgnoredType(type)) return [{ stackName, logicalId, type, properties: {}, identity: noIdentity }];
      const properties = asRecord(resolver.resolve(Properties ?? {}));
      return [{ stackName, logicalId, type, properties, identity: resolver.identityOf(logicalId) }];
    });
  };

  const outputsOf = (stack: AssemblyStack): Record<string, string> => {
    const resolver = resolverOf(stack);
    const entries = Object.entries(stack.template.Outputs ?? {})
      .filter(([, output]) => output.Condition === undefined || resolver.conditionHolds(output.Condition))
      .map(([name, output]) => [name, asString(resolver.resolve(output.Value), `output ${name}`)]);
    return Object.fromEntries(entries);
  };

  return {
    place,
    resources: assembly.stacks.flatMap(resourcesOf),
    stacks: assembly.stacks.map((stack) => ({
      stackName: stack.stackName,
      outputs: outputsOf(stack),
      assetPaths: stack.assetPaths,
    })),
  };
}

export function resourcesOfType(deployment: Deployment, type: string): DeployedResource[] {
  return deployment.resources.filter((resource) => resource.type === type);
}

/** Resources whose `Ref` or `Arn` is the given text: properties refer to each other in both ways. */
export function refersTo(resource: DeployedResource, reference: string): boolean {
  return resource.identity.ref === reference || resource.identity.attributes.Arn === reference;
}

/** Types that the loader runs. */
const loadedTypes = new Set([
  'AWS::ApiGatewayV2::Api',
  'AWS::ApiGatewayV2::Authorizer',
  'AWS::ApiGatewayV2::Integration',
  'AWS::ApiGatewayV2::Route',
  'AWS::ApiGatewayV2::Stage',
  'AWS::CloudWatch::Alarm',
  'AWS::CloudWatch::CompositeAlarm',
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
  'AWS::Logs::LogGroup',
  'AWS::SQS::Queue',
  'AWS::Scheduler::Schedule',
  'AWS::Scheduler::ScheduleGroup',
  'AWS::SecretsManager::Secret',
]);

/** Types that are ignored on purpose, with the reason: none of them changes what a function or a caller sees. */
const ignoredTypes = new Map([
  ['AWS::ApiGatewayV2::ApiMapping', 'the hosts map plays DNS'],
  ['AWS::ApiGatewayV2::DomainName', 'the hosts map plays DNS'],
  ['AWS::CDK::Metadata', 'CDK usage data'],
  ['AWS::CertificateManager::Certificate', 'loopback speaks http'],
  ['AWS::CloudFront::Distribution', 'browsers come straight to the gateway here'],
  ['AWS::CloudWatch::Dashboard', 'only AWS draws it'],
  ['AWS::CloudTrail::Trail', 'nothing here reads what it records'],
  ['AWS::CodeDeploy::Application', 'a deployment happens at once here'],
  ['AWS::CodeDeploy::DeploymentGroup', 'a deployment happens at once here'],
  ['AWS::Logs::MetricFilter', 'metrics are read from the log lines'],
  ['AWS::Logs::QueryDefinition', 'a saved query'],
  ['AWS::Logs::ResourcePolicy', 'log lines stay in memory'],
  ['AWS::Route53::RecordSet', 'the hosts map plays DNS'],
  ['AWS::S3::Bucket', 'only a trail writes to it'],
  ['AWS::S3::BucketPolicy', 'only a trail writes to it'],
  ['AWS::SNS::Subscription', 'alarms notify nothing here'],
  ['AWS::SNS::Topic', 'alarms notify nothing here'],
  ['AWS::SNS::TopicPolicy', 'alarms notify nothing here'],
  ['AWS::WAFv2::WebACL', 'browsers come straight to the gateway here'],
  ['AWS::SQS::QueuePolicy', 'nothing but the stack itself writes to its queues'],
]);

function isIgnoredType(type: string): boolean {
  return ignoredTypes.has(type);
}

/** An unknown type could change behaviour, so the stack refuses to run it. */
function assertKnownType(type: string, logicalId: string, stackName: string): void {
  if (loadedTypes.has(type) || ignoredTypes.has(type)) return;
  throw new LocalStackError(
    'TEMPLATE_UNSUPPORTED',
    `${stackName} contains ${logicalId} of type ${type}, which the local stack neither runs nor knows to be safe to ignore.`,
  );
}

/** Whether a reference means this resource: its logical id, with or without the eight digits that CDK appends. */
export function meansLogicalId(logicalId: string, reference: string): boolean {
  return logicalId === reference || logicalId.replace(/[0-9A-F]{8}$/, '') === reference;
}
