import { afterAll, describe, expect, inject, it } from 'vitest';
import { accessTokenEnv } from '../../functions/access-token/env.ts';
import { parseEnv } from '../../functions/adapters/env/parse-env.ts';
import { authorizeEnv } from '../../functions/authorize/env.ts';
import { callbackEnv } from '../../functions/callback/env.ts';
import { connectionsEnv } from '../../functions/connections/env.ts';
import { consentsEnv } from '../../functions/consents/env.ts';
import { FUNCTION_TIMEOUT_MS } from '../../functions/core/rotation/time-budget.ts';
import { exampleLightroomReaderEnv } from '../../functions/example-lightroom-reader/env.ts';
import { importEnv } from '../../functions/import/env.ts';
import { reconcileEnv } from '../../functions/reconcile/env.ts';
import { rotateEnv } from '../../functions/rotate/env.ts';
import { DeploymentError } from '../../lib/deployment-error.ts';
import { FUNCTION_NAMES, type FunctionName } from '../../lib/packaging/function-names.ts';
import type { TokenVaultSettings } from '../../lib/settings/token-vault-settings.ts';
import type { TokenVaultStack } from '../../lib/token-vault-stack.ts';
import { asObject, readTemplate, type TemplateReader } from '../support/synth/template.ts';
import { createVaultBench, templateOf, warningsUnder } from '../support/synth/vault-bench.ts';

const template = readTemplate(inject('cdkOut'), 'AdobeTokenVault');
const bench = await createVaultBench();
afterAll(() => bench.dispose());

const SCHEMAS = {
  authorize: authorizeEnv,
  callback: callbackEnv,
  consents: consentsEnv,
  'access-token': accessTokenEnv,
  connections: connectionsEnv,
  import: importEnv,
  rotate: rotateEnv,
  reconcile: reconcileEnv,
};
const OF_EVERY_FUNCTION = [
  'NODE_OPTIONS',
  'POWERTOOLS_LOG_LEVEL',
  'POWERTOOLS_METRICS_NAMESPACE',
  'POWERTOOLS_SERVICE_NAME',
];
/** Answer within 30 s, which an HTTP API does not extend; rotate within its lease of 60 s. */
const TIMEOUTS: Readonly<Record<FunctionName, number>> = {
  authorize: 10,
  callback: 29,
  consents: 10,
  'access-token': 29,
  connections: 29,
  import: 29,
  rotate: 55,
  reconcile: 300,
};

describe.each(FUNCTION_NAMES)('%s', (name) => {
  const { properties } = functionNamed(name);
  const variables = asObject(asObject(properties.Environment).Variables);

  it('gets exactly the variables it parses, and they parse', () => {
    const own = Object.keys(variables).filter((variable) => !OF_EVERY_FUNCTION.includes(variable));
    expect(own.sort()).toEqual(Object.keys(SCHEMAS[name].entries).sort());

    const deployed = Object.entries(variables).map(([variable, value]) => [variable, deployedValue(value)]);
    expect(() => parseEnv(SCHEMAS[name], Object.fromEntries(deployed))).not.toThrow();
  });

  it('runs its bundle on arm64 and Node 24, with readable stack traces and a name in its metrics', () => {
    expect(properties).toMatchObject({
      Handler: 'index.handler',
      Runtime: 'nodejs24.x',
      Architectures: ['arm64'],
    });
    expect(variables).toMatchObject({
      NODE_OPTIONS: '--enable-source-maps',
      POWERTOOLS_SERVICE_NAME: 'AdobeTokenVault',
      POWERTOOLS_METRICS_NAMESPACE: 'AdobeTokenVault',
    });
  });

  it('has time and memory for what it does', () => {
    expect(properties.Timeout).toBe(TIMEOUTS[name]);
    expect(properties.MemorySize).toBeGreaterThanOrEqual(512);
  });

  it('carries no secret in its variables', () => {
    expect(JSON.stringify(variables)).not.toContain('resolve:secretsmanager');
  });

  it('stays within the 4 KB that a Lambda environment holds', () => {
    expect(JSON.stringify(variables).length).toBeLessThan(4_096);
  });
});

describe('the environment of each function', () => {
  const urls = (count: number) =>
    Array.from({ length: count }, (_, at) => `https://a.example.test/${at + 1_000}`);
  const vaultWith = (returnUrls: readonly string[], id = 'AdobeTokenVault') => {
    try {
      return bench.vaultStack({ returnUrls }, { id });
    } catch (error) {
      return error as DeploymentError;
    }
  };
  const UUID = '12345678-1234-1234-1234-123456789012';
  const PSEUDO_PARAMETERS: Readonly<Record<string, string>> = {
    '<AWS::Partition>': 'aws-us-gov',
    '<AWS::Region>': 'ap-southeast-1',
    '<AWS::AccountId>': '123456789012',
  };
  const arn = (service: string, rest: string) =>
    `arn:aws-us-gov:${service}:ap-southeast-1:123456789012:${rest}`;
  /** What CloudFormation makes of a reference in a stack of that name. */
  const deployed = (reference: string, stackName: string): string => {
    // The reader of templates leaves out the digest of a logical id.
    const logicalId = `${reference.replace(/^<|(?:\.\w+)?>$/g, '')}1A2B3C4D`;
    const name = `${stackName}-${logicalId}-1A2B3C4D5E6F7`;
    if (/Tables/.test(logicalId)) return name;
    if (/Role/.test(logicalId)) return `arn:aws-us-gov:iam::123456789012:role/${name.slice(0, 64)}`;
    if (/DeadLetters/.test(logicalId)) return arn('sqs', name.slice(0, 80));
    if (/CookieKey/.test(logicalId)) return arn('secretsmanager', `secret:${logicalId}-1A2B3C4D5E6F7-AbCdEf`);
    if (/ClientSecret/.test(logicalId)) {
      const vaultName = stackName.slice(0, 48);
      return arn('secretsmanager', `secret:${vaultName}/adobe-client-secret/${UUID}-AbCdEf`);
    }
    if (/TokenKey/.test(logicalId)) return arn('kms', `key/${UUID}`);
    if (/HttpApi/.test(logicalId)) return 'https://abcde12345.execute-api.ap-southeast-1.amazonaws.com.cn';
    throw new Error(`Nothing is known about ${reference}.`);
  };
  /** The bytes as Lambda counts them: those of the JSON that holds all variables. */
  const mostBytesOf = (stack: TokenVaultStack) =>
    Math.max(
      ...templateOf(stack)
        .ofType('AWS::Lambda::Function')
        .map(({ properties }) => {
          const variables = asObject(asObject(properties.Environment).Variables);
          const texts = Object.entries(variables).map(([name, value]) => [
            name,
            template
              .text(value)
              .replaceAll(/<[^>]*>/g, (one) => PSEUDO_PARAMETERS[one] ?? deployed(one, stack.stackName)),
          ]);
          return Buffer.byteLength(JSON.stringify(Object.fromEntries(texts)));
        }),
    );

  it.each([['AdobeTokenVault'], ['A'.repeat(128)]])(
    'takes as many return URLs in the stack %s as fit into the 4 KB that Lambda measures, and not one more',
    (stackName) => {
      let [accepted, refused] = [1, 120];
      while (refused - accepted > 1) {
        const count = Math.floor((accepted + refused) / 2);
        if (vaultWith(urls(count), stackName) instanceof DeploymentError) refused = count;
        else accepted = count;
      }
      const bytes = mostBytesOf(vaultWith(urls(accepted), stackName) as TokenVaultStack);
      expect(bytes).toBeLessThanOrEqual(4_096);
      expect(bytes).toBeGreaterThan(4_096 - 40);
    },
  );

  it('may have exactly 4,096 bytes', () => {
    const bytesWith = (length: number) => {
      const vault = vaultWith([
        `https://a.example.test/${'x'.repeat(2_000)}`,
        `https://a.example.test/${'é'.repeat(5)}${'"'.repeat(3)}${'x'.repeat(length)}`,
      ]);
      return vault instanceof DeploymentError
        ? Number(/environment has (\d+) bytes/.exec(vault.message)?.[1])
        : 0;
    };
    const tooMany = 900;
    const over = bytesWith(tooMany) - 4_096;
    expect(over).toBeGreaterThan(0);
    expect(bytesWith(tooMany - over), '4,096 bytes').toBe(0);
    expect(bytesWith(tooMany - over + 1), '4,097 bytes').toBe(4_097);
  });

  it('is refused with the function and the setting that takes most', () => {
    const { code, message } = vaultWith(urls(120)) as DeploymentError;
    expect(code).toBe('SETTING_INVALID');
    expect(message).toMatch(
      /^The setting vault\.returnUrls must be shorter: it takes \d+ bytes of the environment of the function AdobeTokenVault-callback\. As JSON, that environment has \d+ bytes, and Lambda takes 4096\. Names that CloudFormation makes up count with their greatest length, and other tokens count 100\.$/,
    );
  });

  it.each<[string, object]>([
    ['clientId', { clientId: 'x'.repeat(4_000) }],
    ['imsBaseUrl', { imsBaseUrl: `https://${'ims.'.repeat(900)}test` }],
  ])('is refused with the setting %s, where that takes most', (setting, settings) => {
    expect(() => bench.vaultStack(settings)).toThrow(`The setting vault.${setting} must be shorter`);
  });

  it.each([
    ['appName', { appName: '日'.repeat(60) }],
    ['appName', { appName: '"'.repeat(60) }],
    ['scopes', { scopes: ['openid', 'x'.repeat(700)] }],
  ])('holds the longest %s', (_setting, settings) => {
    expect(() => bench.vaultStack(settings)).not.toThrow();
  });
});

describe('the example consumer', () => {
  it('gets exactly the variables it parses, and those the client reads for itself', () => {
    const example = readTemplate(inject('cdkOut'), 'AdobeTokenVaultExample').one('AWS::Lambda::Function');
    const own = Object.keys(asObject(asObject(example.properties.Environment).Variables)).filter(
      (variable) => !OF_EVERY_FUNCTION.includes(variable),
    );

    const ofTheClient = ['CLIENT_ID', 'KEY_ARN', 'PARTS', 'REGION', 'TABLE'].map(
      (name) => `ADOBE_TOKEN_VAULT_${name}`,
    );
    expect(own.sort()).toEqual([...Object.keys(exampleLightroomReaderEnv.entries), ...ofTheClient].sort());
  });
});

describe('rotate', () => {
  it('is addressed by its alias everywhere', () => {
    const variable = (name: FunctionName, variable: string) =>
      template.text(asObject(asObject(functionNamed(name).properties.Environment).Variables)[variable]);
    for (const name of ['access-token', 'connections', 'import'] as const) {
      expect(variable(name, 'ROTATE_ALIAS_ARN')).toMatch(/:function:AdobeTokenVault-rotate:live$/);
    }
    for (const name of ['callback', 'consents', 'rotate', 'reconcile'] as const) {
      expect(variable(name, 'SCHEDULE_TARGET_ARN')).toMatch(/:function:AdobeTokenVault-rotate:schedules$/);
    }
    const { logicalId } = functionNamed('rotate');
    const aliases = template
      .ofType('AWS::Lambda::Alias')
      .filter(({ properties }) => asObject(properties.FunctionName).Ref === logicalId);
    expect(aliases.map(({ properties }) => properties.Name).sort()).toEqual(['live', 'schedules']);
    const versions = aliases.map(({ properties }) => JSON.stringify(properties.FunctionVersion));
    expect(new Set(versions).size, 'both follow the newest version').toBe(1);
  });

  it('is given the time that its own time budget counts on', () => {
    expect(functionNamed('rotate').properties.Timeout).toBe(FUNCTION_TIMEOUT_MS / 1_000);
  });

  it('keeps asynchronous invocations that failed for good', () => {
    const settings = template.ofType('AWS::Lambda::EventInvokeConfig');
    for (const { properties } of settings) {
      expect(properties).toMatchObject({
        MaximumRetryAttempts: 2,
        MaximumEventAgeInSeconds: 3_600,
        DestinationConfig: {
          OnFailure: { Destination: { 'Fn::GetAtt': [expect.stringContaining('DeadLetters'), 'Arn'] } },
        },
      });
    }
    const qualifiers = settings.map(({ properties }) => JSON.stringify(properties.Qualifier)).join();
    for (const alias of ['Aliaslive', 'Aliasschedules']) expect(qualifiers).toContain(alias);
  });
});

describe('a function behind the API', () => {
  const byApi = FUNCTION_NAMES.filter((name) => name !== 'rotate' && name !== 'reconcile');

  it.each(byApi)('%s is called by its alias, which moves code and variables at once', (name) => {
    const { logicalId } = functionNamed(name);
    const alias = template
      .ofType('AWS::Lambda::Alias')
      .find(({ properties }) => asObject(properties.FunctionName).Ref === logicalId);
    expect(alias?.properties).toMatchObject({
      Name: 'live',
      FunctionVersion: { 'Fn::GetAtt': [expect.stringContaining('CurrentVersion'), 'Version'] },
    });
    const called = template
      .ofType('AWS::ApiGatewayV2::Integration')
      .map(({ properties }) => JSON.stringify(properties.IntegrationUri));
    expect(called.filter((uri) => uri.includes(String(alias?.logicalId)))).toHaveLength(1);
    expect(called.filter((uri) => uri.includes(`"${logicalId}"`))).toEqual([]);
  });

  it('keeps its versions, so that the alias can go back, but not those of a deployment that failed', () => {
    const versions = template.ofType('AWS::Lambda::Version');
    expect(versions.length).toBeGreaterThan(byApi.length);
    for (const { deletionPolicy, updateReplacePolicy } of versions) {
      expect({ deletionPolicy, updateReplacePolicy }).toEqual({
        deletionPolicy: 'RetainExceptOnCreate',
        updateReplacePolicy: 'Retain',
      });
    }
  });
});

describe('reserved concurrency', () => {
  const reservedOf = ({ ofType }: TemplateReader) =>
    Object.fromEntries(
      ofType('AWS::Lambda::Function').map(({ properties }) => [
        String(properties.FunctionName).replace('AdobeTokenVault-', ''),
        properties.ReservedConcurrentExecutions,
      ]),
    );

  it('is reserved only on request: a new account has ten in all', () => {
    expect(Object.values(reservedOf(template)).filter((reserved) => reserved !== undefined)).toEqual([]);
  });

  it('is kept for the functions that the settings name', () => {
    const reservedConcurrency = { rotate: 20, 'access-token': 100 };
    const reserved = reservedOf(templateOf(bench.vaultStack({ reservedConcurrency })));
    expect(reserved).toMatchObject(reservedConcurrency);
    expect(Object.values(reserved).filter((value) => value !== undefined)).toHaveLength(2);
  });

  it('leads to a warning with the quota that it needs: Lambda keeps 100 unreserved', () => {
    const warningsOf = (settings: Partial<TokenVaultSettings>) =>
      warningsUnder(bench.vaultStack(settings)).filter((text) => text.includes('reservedConcurrency'));

    expect(warningsOf({})).toEqual([]);
    const [warning = '', ...others] = warningsOf({
      reservedConcurrency: { rotate: 20, 'access-token': 100 },
    });
    expect(others).toEqual([]);
    expect(warning).toContain('reserves 120 concurrent executions');
    expect(warning).toContain('the quota "Concurrent executions" (L-B99A9384) of AWS Lambda is at least 220');
  });
});

describe('the reconciler', () => {
  it('runs every hour from a group of its own, which outlives the alarms’, and what could not start is kept', () => {
    const { properties } = template.one('AWS::Scheduler::Schedule');

    expect(properties).toMatchObject({
      ScheduleExpression: 'rate(1 hour)',
      GroupName: { Ref: expect.stringContaining('ReconcilerGroup') },
      Target: {
        DeadLetterConfig: { Arn: { 'Fn::GetAtt': [expect.stringContaining('DeadLetters'), 'Arn'] } },
        RoleArn: { 'Fn::GetAtt': [expect.stringContaining('SchedulingRole'), 'Arn'] },
      },
    });
    expect(template.text(asObject(properties.Target).Arn)).toMatch(/:function:AdobeTokenVault-reconcile$/);
  });
});

function functionNamed(name: string) {
  const found = template
    .ofType('AWS::Lambda::Function')
    .find(({ properties }) => properties.FunctionName === `AdobeTokenVault-${name}`);
  if (found === undefined) throw new Error(`No function ${name}.`);
  return found;
}

/** What CloudFormation would put in the place of a reference. */
function deployedValue(value: unknown): string {
  return template
    .text(value)
    .replace('<VaultHttpApi.ApiEndpoint>', 'https://abc.execute-api.eu-west-1.amazonaws.com');
}
