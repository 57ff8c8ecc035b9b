import { Stack } from 'aws-cdk-lib';
import { Construct } from 'constructs';
import { DeploymentError } from '../deployment-error.ts';

/** @see https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html */
const MAX_ENVIRONMENT_BYTES = 4_096;

/**
 * Estimated length of a value that only the deployment knows. Names of tables have about 60 bytes, ARNs of keys 75, of
 * roles and queues up to 100.
 */
const UNKNOWN_VALUE_BYTES = 100;
/** In a consumer's function, whose values may be anything: what surely does not fit is refused, and nothing else. */
const SHORTEST_UNKNOWN_VALUE_BYTES = 20;

/** The longest there are. */
const PSEUDO_PARAMETERS: Readonly<Record<string, string>> = {
  'AWS::Partition': 'aws-us-gov',
  'AWS::Region': 'ap-southeast-1',
  'AWS::AccountId': '123456789012',
  'AWS::URLSuffix': 'amazonaws.com.cn',
};

/** The variables whose length the settings decide. */
const SETTING_OF: Readonly<Record<string, string>> = {
  CLIENT_ID: 'clientId',
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
  const [fullest] = environments
    .map(({ functionName, variables }) => measured(scope, functionName, variables))
    .sort((one, other) => other.bytes - one.bytes);
  if (fullest === undefined || fullest.bytes <= MAX_ENVIRONMENT_BYTES) return;
  const { functionName, bytes, setting, settingBytes } = fullest;
  throw new DeploymentError(
    'SETTING_INVALID',
    `The setting vault.${setting} must be shorter: it takes ${settingBytes} bytes of the environment of the function ${functionName}, which has ${bytes} and may have ${MAX_ENVIRONMENT_BYTES} (as JSON, with ${UNKNOWN_VALUE_BYTES} for each value that only the deployment knows).`,
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
        readonly variables?: Readonly<Record<string, string>>;
      };
      const { bytes } = measured(target, target.node.id, variables, SHORTEST_UNKNOWN_VALUE_BYTES);
      if (bytes <= MAX_ENVIRONMENT_BYTES) return [];
      return [
        `The environment of the function ${target.node.path} has at least ${bytes} bytes and may have ${MAX_ENVIRONMENT_BYTES} (as JSON). A token vault takes about 800: use fewer vaults in one function, or grant to its role and pass url, region and directRead to createTokenClient.`,
      ];
    },
  });
}

function measured(
  scope: Construct,
  functionName: string,
  variables: FunctionEnvironment['variables'],
  unknownBytes = UNKNOWN_VALUE_BYTES,
) {
  const resolved = Stack.of(scope).resolve(variables) as Readonly<Record<string, unknown>>;
  const texts = Object.entries(resolved).map(
    ([name, value]) => [name, estimated(value, unknownBytes)] as const,
  );
  const [[longest, value] = ['', '']] = texts
    .filter(([name]) => name in SETTING_OF)
    .sort(([, one], [, other]) => jsonBytes(other) - jsonBytes(one));
  return {
    functionName,
    bytes: jsonBytes(Object.fromEntries(texts)),
    setting: SETTING_OF[longest] ?? longest,
    settingBytes: jsonBytes(value),
  };
}

function jsonBytes(value: unknown): number {
  return Buffer.byteLength(JSON.stringify(value));
}

function estimated(value: unknown, unknownBytes: number): string {
  if (typeof value === 'string') return value;
  const [[intrinsic, argument] = ['', undefined]] = Object.entries(value ?? {});
  if (intrinsic === 'Fn::Join' && Array.isArray(argument) && Array.isArray(argument[1])) {
    return argument[1].map((part) => estimated(part, unknownBytes)).join(String(argument[0]));
  }
  const pseudo = intrinsic === 'Ref' ? PSEUDO_PARAMETERS[String(argument)] : undefined;
  return pseudo ?? 'x'.repeat(unknownBytes);
}
