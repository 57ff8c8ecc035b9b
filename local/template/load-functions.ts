import { statSync } from 'node:fs';
import { join } from 'node:path';
import { LocalStackError } from '../stack/local-stack-error.ts';
import { type DeployedResource, type Deployment, resourcesOfType } from './deployment.ts';
import { asRecord, asString, optionalNumber } from './template.ts';

interface FailureDestination {
  maximumRetryAttempts: number;
  maximumEventAgeSeconds: number;
  onFailureArn?: string;
}

export interface FunctionDefinition {
  functionName: string;
  functionArn: string;
  stackName: string;
  logicalId: string;
  /** Absolute path of the module that exports the handler. */
  modulePath: string;
  handlerExport: string;
  environment: Record<string, string>;
  timeoutSeconds: number;
  memoryMb: number;
  roleArn: string;
  logGroupArn: string;
  reservedConcurrency?: number;
  aliases: string[];
  /** Asynchronous invocation settings by qualifier: an alias, `$LATEST`. */
  asyncSettings: Map<string, FailureDestination>;
  permissions: LambdaPermission[];
}

/** A statement of the function's resource policy. */
interface LambdaPermission {
  principal: string;
  action: string;
  /** The function or alias ARN it is attached to. */
  resourceArn: string;
  sourceArn?: string;
}

const DEFAULT_TIMEOUT_SECONDS = 3;
const DEFAULT_MEMORY_MB = 128;
const DEFAULT_RETRIES = 2;
const DEFAULT_EVENT_AGE_SECONDS = 21_600;

function modulePathOf(
  deployment: Deployment,
  resource: DeployedResource,
): { modulePath: string; handlerExport: string } {
  const { S3Key } = asRecord(resource.properties.Code);
  const folder = deployment.stacks
    .find(({ stackName }) => stackName === resource.stackName)
    ?.assetPaths.get(String(S3Key));
  if (folder === undefined) {
    throw new LocalStackError(
      'TEMPLATE_UNSUPPORTED',
      `${resource.logicalId} has no file asset; only bundled functions run here.`,
    );
  }
  const handler = asString(resource.properties.Handler, `Handler of ${resource.logicalId}`);
  const dot = handler.lastIndexOf('.');
  const stem = handler.slice(0, dot);
  const modulePath = ['.mjs', '.js', '.cjs']
    .map((extension) => join(folder, `${stem}${extension}`))
    .find((path) => statSync(path, { throwIfNoEntry: false })?.isFile());
  if (modulePath === undefined) {
    throw new LocalStackError(
      'ASSEMBLY_UNREADABLE',
      `${resource.logicalId} names ${handler}, but its asset holds no such module.`,
    );
  }
  return { modulePath, handlerExport: handler.slice(dot + 1) };
}

function functionArn(deployment: Deployment, reference: string): string {
  if (reference.startsWith('arn:')) return reference;
  const { partition, region, accountId } = deployment.place;
  return `arn:${partition}:lambda:${region}:${accountId}:function:${reference}`;
}

function logGroupArn({ place }: Deployment, logGroup: unknown, functionName: string): string {
  const name = typeof logGroup === 'string' ? logGroup : `/aws/lambda/${functionName}`;
  return `arn:${place.partition}:logs:${place.region}:${place.accountId}:log-group:${name}`;
}

function belongsTo(deployment: Deployment, arn: string, reference: unknown): boolean {
  const target = functionArn(deployment, String(reference));
  return target === arn || target.startsWith(`${arn}:`);
}

function permissionsOf(deployment: Deployment, arn: string): LambdaPermission[] {
  return resourcesOfType(deployment, 'AWS::Lambda::Permission')
    .filter(({ properties }) => belongsTo(deployment, arn, properties.FunctionName))
    .map(({ properties }) => ({
      principal: String(properties.Principal),
      action: String(properties.Action),
      resourceArn: functionArn(deployment, String(properties.FunctionName)),
      ...(properties.SourceArn === undefined ? {} : { sourceArn: String(properties.SourceArn) }),
    }));
}

function asyncSettingsOf(deployment: Deployment, arn: string): Map<string, FailureDestination> {
  return new Map(
    resourcesOfType(deployment, 'AWS::Lambda::EventInvokeConfig')
      .filter(({ properties }) => belongsTo(deployment, arn, properties.FunctionName))
      .map(({ properties }) => {
        const destination = asRecord(asRecord(properties.DestinationConfig).OnFailure).Destination;
        return [
          String(properties.Qualifier),
          {
            maximumRetryAttempts:
              optionalNumber(properties.MaximumRetryAttempts, 'MaximumRetryAttempts') ?? DEFAULT_RETRIES,
            maximumEventAgeSeconds:
              optionalNumber(properties.MaximumEventAgeInSeconds, 'MaximumEventAgeInSeconds') ??
              DEFAULT_EVENT_AGE_SECONDS,
            ...(destination === undefined ? {} : { onFailureArn: String(destination) }),
          },
        ];
      }),
  );
}

function environmentOf(resource: DeployedResource): Record<string, string> {
  return Object.fromEntries(
    Object.entries(asRecord(asRecord(resource.properties.Environment).Variables)).map(([name, value]) => [
      name,
      asString(value, `${name} of ${resource.logicalId}`),
    ]),
  );
}

function toDefinition(deployment: Deployment, resource: DeployedResource): FunctionDefinition {
  const { properties, identity, logicalId, stackName } = resource;
  if (properties.PackageType === 'Image') {
    throw new LocalStackError(
      'TEMPLATE_UNSUPPORTED',
      `${logicalId} is a container image; only bundled functions run here.`,
    );
  }
  const arn = identity.attributes.Arn ?? '';
  const reserved = optionalNumber(properties.ReservedConcurrentExecutions, 'ReservedConcurrentExecutions');
  if (reserved === 0) {
    throw new LocalStackError(
      'TEMPLATE_UNSUPPORTED',
      `${logicalId} reserves a concurrency of 0 and could never run.`,
    );
  }
  return {
    functionName: identity.ref,
    functionArn: arn,
    stackName,
    logicalId,
    ...modulePathOf(deployment, resource),
    environment: environmentOf(resource),
    timeoutSeconds: optionalNumber(properties.Timeout, 'Timeout') ?? DEFAULT_TIMEOUT_SECONDS,
    memoryMb: optionalNumber(properties.MemorySize, 'MemorySize') ?? DEFAULT_MEMORY_MB,
    roleArn: asString(properties.Role, `Role of ${logicalId}`),
    logGroupArn: logGroupArn(deployment, asRecord(properties.LoggingConfig).LogGroup, identity.ref),
    ...(reserved === undefined ? {} : { reservedConcurrency: reserved }),
    aliases: resourcesOfType(deployment, 'AWS::Lambda::Alias')
      .filter((alias) => belongsTo(deployment, arn, alias.properties.FunctionName))
      .map((alias) => String(alias.properties.Name)),
    asyncSettings: asyncSettingsOf(deployment, arn),
    permissions: permissionsOf(deployment, arn),
  };
}

/** Every function of the deployment with its own code. */
export function loadFunctions(deployment: Deployment): FunctionDefinition[] {
  return resourcesOfType(deployment, 'AWS::Lambda::Function').map((resource) =>
    toDefinition(deployment, resource),
  );
}
