import { CfnResource, Stack, Token } from 'aws-cdk-lib';
import { Construct } from 'constructs';
import { DeploymentError } from '../deployment-error.ts';

/** @see https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html */
const MAX_ENVIRONMENT_BYTES = 4_096;

/** Length of a value that only the deployment knows, and that is of no resource below, such as an SSM parameter. */
const UNKNOWN_VALUE_BYTES = 100;
/** In a consumer's function, where a value may be anything. Synthesis refuses only what cannot fit. */
const SHORTEST_UNKNOWN_VALUE_BYTES = 20;

/** The longest there are. */
const PSEUDO_PARAMETERS: Readonly<Record<string, string>> = {
  'AWS::Partition': 'aws-us-gov',
  'AWS::Region': 'ap-southeast-1',
  'AWS::AccountId': '123456789012',
  'AWS::URLSuffix': 'amazonaws.com.cn',
};

/** What CloudFormation adds to a logical id, or to the name of the stack and a logical id, to make a name. */
const MADE_UP_CHARACTERS = 14;
const LONGEST_STACK_NAME = 128;
const UUID = '12345678-1234-1234-1234-123456789012';
/** What Secrets Manager adds to a name, in the ARN. */
const SECRET_SUFFIX = '-123456';

/** The longest value that a reference to a resource of the vault may become, where CloudFormation makes up the name. */
const REFERENCES: Readonly<Record<string, (names: ResourceNames) => string>> = {
  'AWS::DynamoDB::Table': ({ madeUp }) => madeUp.slice(0, 255),
  'AWS::IAM::Role': ({ madeUp }) => `arn:aws-us-gov:iam::123456789012:role/${madeUp.slice(0, 64)}`,
  'AWS::SQS::Queue': ({ madeUp }) => longestArn('sqs', madeUp.slice(0, 80)),
  'AWS::KMS::Key': () => longestArn('kms', `key/${UUID}`),
  'AWS::KMS::ReplicaKey': () => longestArn('kms', `key/${UUID}`),
  'AWS::SecretsManager::Secret': ({ given, logicalId }) =>
    longestArn(
      'secretsmanager',
      `secret:${given ?? logicalId + 'x'.repeat(MADE_UP_CHARACTERS)}${SECRET_SUFFIX}`,
    ),
  'AWS::ApiGatewayV2::Api': () => 'https://1234567890.execute-api.ap-southeast-1.amazonaws.com.cn',
};

interface ResourceNames {
  readonly logicalId: string;
  /** From the name of the stack and the logical id. */
  readonly madeUp: string;
  /** Written in the template. */
  readonly given: string | undefined;
}

function longestArn(service: string, resource: string): string {
  return `arn:aws-us-gov:${service}:ap-southeast-1:123456789012:${resource}`;
}

/** The variables whose length the settings decide. */
const SETTING_OF: Readonly<Record<string, string>> = {
  CLIENT_ID: 'clientId',
  IMS_BASE_URL: 'imsBaseUrl',
  RETURN_URLS: 'returnUrls',
  SCOPES: 'scopes',
  SCOPE_SETS: 'scopeSets',
  PAGE_SETTINGS: 'supportUrl',
  FORMER_ACCESS_KEY_ARNS: 'tokenKeys',
  FORMER_REFRESH_KEY_ARNS: 'tokenKeys',
};

export interface FunctionEnvironment {
  readonly functionName: string;
  readonly variables: Readonly<Record<string, string>>;
}

/**
 * Lambda limits the environment of a function by the bytes of its JSON, `{"NAME":"escaped value",…}`. A list that is
 * JSON itself pays for each quote twice.
 *
 * @throws DeploymentError `SETTING_INVALID` that names the function with most bytes and the setting that takes most
 */
export function assertEnvironmentsFit(scope: Construct, environments: readonly FunctionEnvironment[]): void {
  const estimated = longestIn(scope.node.scope ?? scope);
  const [fullest] = environments
    .map(({ functionName, variables }) => measured(functionName, estimated(variables)))
    .sort((one, other) => other.bytes - one.bytes);
  if (fullest === undefined || fullest.bytes <= MAX_ENVIRONMENT_BYTES) return;
  const { functionName, bytes, setting, settingBytes } = fullest;
  throw new DeploymentError(
    'SETTING_INVALID',
    `The setting vault.${setting} must be shorter: it takes ${settingBytes} bytes of the environment of the function ${functionName}. As JSON, that environment has ${bytes} bytes, and Lambda takes ${MAX_ENVIRONMENT_BYTES}. Names that CloudFormation makes up count with their greatest length, and other tokens count ${UNKNOWN_VALUE_BYTES}.`,
  );
}

/**
 * Fails the synthesis if the environment of a consumer's function is too large: the variables of several vaults, and those
 * that the function has itself. By shape, since a second copy of the CDK has other classes.
 */
export function checkEnvironmentOf(target: object): void {
  if (!Construct.isConstruct(target)) return;
  target.node.addValidation({
    validate: () => {
      const { environment } = (target.node.defaultChild ?? {}) as { readonly environment?: unknown };
      const { variables = {} } = (Stack.of(target).resolve(environment) ?? {}) as {
        readonly variables?: FunctionEnvironment['variables'];
      };
      const atLeast = estimateFor(target, () => 'x'.repeat(SHORTEST_UNKNOWN_VALUE_BYTES));
      const bytes = jsonBytes(atLeast(variables));
      if (bytes <= MAX_ENVIRONMENT_BYTES) return [];
      return [
        `The environment of the function ${target.node.path} has at least ${bytes} bytes and may have ${MAX_ENVIRONMENT_BYTES} (as JSON). A token vault takes about 800 bytes: use fewer vaults in one function, or grant to its role and pass url, region and directRead to createTokenClient.`,
      ];
    },
  });
}

function measured(functionName: string, variables: FunctionEnvironment['variables']) {
  const [[longest, value] = ['', '']] = Object.entries(variables)
    .filter(([name]) => name in SETTING_OF)
    .sort(([, one], [, other]) => jsonBytes(other) - jsonBytes(one));
  return {
    functionName,
    bytes: jsonBytes(variables),
    setting: SETTING_OF[longest] ?? longest,
    settingBytes: jsonBytes(value),
  };
}

function jsonBytes(value: unknown): number {
  return Buffer.byteLength(JSON.stringify(value));
}

type Estimate = (variables: FunctionEnvironment['variables']) => FunctionEnvironment['variables'];

/**
 * Replaces what only the deployment knows.
 *
 * @param unknown the text for an intrinsic function, which refers to this logical id where it is a reference
 */
function estimateFor(scope: Construct, unknown: (intrinsic: object, logicalId?: string) => string): Estimate {
  function estimated(value: unknown): string {
    if (typeof value === 'string') return value;
    const intrinsic = Object(value) as object;
    const [[name, argument] = ['', undefined]] = Object.entries(intrinsic);
    if (name === 'Fn::Join' && Array.isArray(argument) && Array.isArray(argument[1])) {
      return argument[1].map(estimated).join(String(argument[0]));
    }
    if (name === 'Fn::GetAtt' && Array.isArray(argument)) return unknown(intrinsic, String(argument[0]));
    if (name !== 'Ref') return unknown(intrinsic);
    return PSEUDO_PARAMETERS[String(argument)] ?? unknown(intrinsic, String(argument));
  }
  return (variables) => {
    const resolved = Stack.of(scope).resolve(variables) as Readonly<Record<string, unknown>>;
    return Object.fromEntries(Object.entries(resolved).map(([name, value]) => [name, estimated(value)]));
  };
}

/** With the longest text that a reference to a resource of the vault may become. */
function longestIn(vault: Construct): Estimate {
  const stack = Stack.of(vault);
  const stackName = Token.isUnresolved(stack.stackName) ? 'x'.repeat(LONGEST_STACK_NAME) : stack.stackName;
  const resources = new Map(
    vault.node
      .findAll()
      .filter(CfnResource.isCfnResource)
      .map((resource) => [stack.getLogicalId(resource), resource]),
  );
  const estimate = estimateFor(vault, (intrinsic, logicalId = '') => {
    // The vault takes the last part of the stack's id.
    if (JSON.stringify(intrinsic).includes('AWS::StackId')) return UUID;
    const resource = resources.get(logicalId);
    const longest = resource && REFERENCES[resource.cfnResourceType];
    if (longest === undefined) return 'x'.repeat(UNKNOWN_VALUE_BYTES);
    const madeUp = `${stackName}-${logicalId}${'x'.repeat(MADE_UP_CHARACTERS)}`;
    const given: unknown = Reflect.get(resource ?? {}, 'name');
    return longest({
      logicalId,
      madeUp,
      given: typeof given === 'string' ? estimate({ given }).given : undefined,
    });
  });
  return estimate;
}
