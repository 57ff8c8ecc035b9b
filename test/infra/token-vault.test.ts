import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type App, Stack, Validations } from 'aws-cdk-lib';
import { ManagedPolicy, PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Code, Function as LambdaFunction, Runtime } from 'aws-cdk-lib/aws-lambda';
import { AwsSolutionsChecks } from 'cdk-nag';
import { afterAll, describe, expect, inject, it } from 'vitest';
import cdk from '../../cdk.json' with { type: 'json' };
import { TokenVault } from '../../lib/constructs/token-vault.ts';
import { FUNCTION_NAMES } from '../../lib/packaging/function-names.ts';
import { DOCUMENTED_SETTINGS, permissionsPage } from '../../tools/docs/permissions-page.ts';
import { synthesise } from '../support/synth/synthesise.ts';
import { asObject, readTemplate } from '../support/synth/template.ts';
import { TEST_SETTINGS } from '../support/synth/test-settings.ts';
import { createVaultBench, templateOf } from '../support/synth/vault-bench.ts';

const bench = await createVaultBench();
const { functionBundles } = bench;

afterAll(() => bench.dispose());

function consumerIn(stack: Stack): LambdaFunction {
  return new LambdaFunction(stack, 'Consumer', {
    code: Code.fromInline('exports.handler = async () => {};'),
    handler: 'index.handler',
    runtime: Runtime.NODEJS_24_X,
    role: new Role(stack, 'ConsumerRole', { assumedBy: new ServicePrincipal('lambda.amazonaws.com') }),
  });
}

/** Paths of the API that the stack's consumer may call. */
function invokedBy(stack: Stack): readonly string[] {
  const template = templateOf(stack);
  return template
    .statementsOf(template.one('AWS::IAM::Role', 'Consumer'))
    .filter(({ Action }) => Action === 'execute-api:Invoke')
    .flatMap(({ Resource }) => [Resource].flat().map((resource) => template.text(resource)))
    .map((arn) => arn.replace(/^.*?(?=\$default)/, ''));
}

describe('the example settings', () => {
  const settings = cdk.context.vault;

  it('synthesise, but CloudFormation refuses to deploy them and says what to edit', () => {
    const { rules, parameters } = templateOf(bench.vaultStack(settings));

    const [rule] = Object.entries(rules).flatMap(([name, value]) =>
      name.includes('Placeholder') ? [value] : [],
    );
    expect(rule).toEqual({
      Assertions: [
        {
          Assert: { 'Fn::Equals': [{ Ref: 'PlaceholderSettings' }, 'none'] },
          AssertDescription:
            'Edit the settings of the vault before you deploy (in cdk.json, or where your app creates the vault): vault.clientId and vault.returnUrls still hold placeholders.',
        },
      ],
    });
    expect(asObject(parameters.PlaceholderSettings).Default).toBe('vault.clientId, vault.returnUrls');
  });

  it('are refused one by one', () => {
    const { parameters } = templateOf(bench.vaultStack({ returnUrls: settings.returnUrls }));

    expect(asObject(parameters.PlaceholderSettings).Default).toBe('vault.returnUrls');
  });

  it('leave no trace once they are edited, so that no earlier parameter value can refuse a good deployment', () => {
    const { rules, parameters } = templateOf(bench.vaultStack());

    expect(Object.keys(rules).filter((name) => name.includes('Placeholder'))).toEqual([]);
    expect(parameters).not.toHaveProperty('PlaceholderSettings');
  });
});

describe('two vaults in one account', () => {
  const namedThings = (stack: Stack) =>
    templateOf(stack).resources.flatMap(({ type, properties }) =>
      ['FunctionName', 'GroupName', 'TableName', 'QueueName', 'RoleName', 'Name']
        .filter(
          (key) =>
            typeof properties[key] === 'string' && !['live', 'schedules'].includes(String(properties[key])),
        )
        .map((key) => `${type} ${String(properties[key])}`),
    );

  it('share no name when they are two stacks', () => {
    const app = bench.emptyApp();
    const lightroom = bench.vaultStack({}, { app, id: 'AdobeTokenVault-lightroom' });
    const frameio = bench.vaultStack({ clientId: 'other' }, { app, id: 'AdobeTokenVault-frameio' });

    const names = namedThings(lightroom);
    expect(names.length).toBeGreaterThan(7);
    expect(namedThings(frameio).filter((name) => names.includes(name))).toEqual([]);
  });

  it('share no name when they are two constructs of one stack', () => {
    const stack = new Stack(bench.emptyApp(), 'Team');
    for (const id of ['Vault', 'FrameIo'])
      new TokenVault(stack, id, { settings: TEST_SETTINGS, functionBundles });

    const functions = templateOf(stack)
      .ofType('AWS::Lambda::Function')
      .map(({ properties }) => properties.FunctionName);
    expect(new Set(functions).size).toBe(2 * FUNCTION_NAMES.length);
    expect(functions).toContain('Team-rotate');
    expect(functions).toContain('Team-FrameIo-rotate');
  });

  it('share no name when their stacks differ only far beyond the length of a Lambda name', () => {
    const app = bench.emptyApp();
    const long = 'AdobeTokenVault-for-the-department-with-the-longest-name-of-all';
    const [first, second] = ['a', 'b'].map((end) => bench.vaultStack({}, { app, id: `${long}-${end}` }));
    if (first === undefined || second === undefined) throw new Error('Two stacks were made.');

    const names = [first, second].map((stack) =>
      String(templateOf(stack).one('AWS::Lambda::Function', 'AccessToken').properties.FunctionName),
    );
    expect(names[0]).not.toBe(names[1]);
    for (const name of names) expect(name.length).toBeLessThanOrEqual(64);
  });
});

describe('a grant', () => {
  it('names one method and one path below the stage, and tells the function where the vault is', () => {
    const app = bench.emptyApp();
    const { vault } = bench.vaultStack({}, { app });
    const stack = new Stack(app, 'Team');
    const consumer = consumerIn(stack);
    vault.grantAccessTokens(consumer, { connections: 'acme.*' });

    expect(invokedBy(stack)).toEqual(['$default/GET/access-tokens/acme.*']);
    const { Variables } = asObject(templateOf(stack).one('AWS::Lambda::Function').properties.Environment);
    expect(JSON.stringify(Variables)).toMatch(/"ADOBE_TOKEN_VAULT_URL":\{"Fn::ImportValue":".*ApiEndpoint/);
  });

  it.each<[string, (vault: TokenVault, consumer: LambdaFunction) => void, string[]]>([
    [
      'consents',
      (vault, consumer) => vault.grantConsents(consumer, { connections: 'acme.*' }),
      ['$default/POST/connections/acme.*/consents', '$default/POST/connections/acme.*/consents/redeem'],
    ],
    ['sign-ins', (vault, consumer) => vault.grantSignIns(consumer), ['$default/POST/sign-ins/redeem']],
    [
      'status',
      (vault, consumer) => vault.grantStatus(consumer, { connections: 'acme.user-1' }),
      ['$default/GET/connections/acme.user-1'],
    ],
    [
      'disconnecting',
      (vault, consumer) => vault.grantDisconnect(consumer, { connections: '*' }),
      ['$default/DELETE/connections/*'],
    ],
  ])('on %s reaches its own routes only', (_what, grant, expected) => {
    const { vault } = bench.vaultStack();
    const stack = Stack.of(vault);
    grant(vault, consumerIn(stack));

    expect(invokedBy(stack)).toEqual(expected);
  });

  it('is refused for a pattern that could reach other tenants', () => {
    const { vault } = bench.vaultStack();

    expect(() => vault.grantAccessTokens(consumerIn(Stack.of(vault)), { connections: 'acme*' })).toThrow(
      '"acme*" is not a pattern of connections',
    );
  });
});

describe('the rules of the synthesis', () => {
  function synthesiseWithRules(app: App): void {
    Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
    app.synth();
  }

  it.each(['acme.*', 'acme.user-1', '*'])(
    'pass for a consumer of %s in a stack of its own',
    (connections) => {
      const app = bench.emptyApp();
      const { vault } = bench.vaultStack({}, { app });
      const consumer = consumerIn(new Stack(app, 'Team'));
      vault.grantAccessTokens(consumer, { connections });
      vault.grantConsents(consumer, { connections });

      expect(() => synthesiseWithRules(app)).not.toThrow();
    },
  );

  it('stop at a statement without a stated reason', () => {
    const app = bench.emptyApp();
    const { vault } = bench.vaultStack({}, { app });
    vault.functions.all.reconcile.allow([
      new PolicyStatement({ actions: ['dynamodb:Scan'], resources: ['*'] }),
    ]);

    expect(() => synthesiseWithRules(app)).toThrow('AwsSolutions-IAM5[Resource::*]');
  });

  it('stop at a managed policy', () => {
    const app = bench.emptyApp();
    const { vault } = bench.vaultStack({}, { app });
    const managed = ManagedPolicy.fromAwsManagedPolicyName('service-role/AWSLambdaBasicExecutionRole');
    vault.functions.all.reconcile.role.addManagedPolicy(managed);

    expect(() => synthesiseWithRules(app)).toThrow('AwsSolutions-IAM4[');
  });
});

describe('the example consumer', () => {
  const example = readTemplate(inject('cdkOut'), 'AdobeTokenVaultExample');

  it('may get access tokens of its own connections and nothing else', () => {
    const role = example.one('AWS::IAM::Role', 'LightroomReader');
    const grants = example
      .statementsOf(role)
      .flatMap(({ Action, Resource }) =>
        [Action]
          .flat()
          .map((action) => `${action} ${example.text(Resource).replace(/^.*?(?=\$default)/, '')}`),
      );

    expect(grants).toEqual([
      expect.stringMatching(/^logs:CreateLogStream <LightroomReaderLogs/),
      expect.stringMatching(/^logs:PutLogEvents <LightroomReaderLogs/),
      'execute-api:Invoke $default/GET/access-tokens/demo.*',
      expect.stringMatching(/^dynamodb:BatchGetItem <import .*TablesAccessTokens/),
      expect.stringMatching(/^dynamodb:GetItem <import .*TablesAccessTokens/),
      expect.stringMatching(/^kms:Decrypt <import .*AccessTokenKey/),
    ]);
  });

  it('is absent unless asked for', () => {
    const assembly = synthesise({ functionBundles, outdir: bench.newOutdir() });

    expect(assembly.stacks.map(({ stackName }) => stackName)).toEqual(['AdobeTokenVault']);
  });
});

describe('the app', () => {
  it('names its stack after the stage', () => {
    const assembly = synthesise({
      functionBundles,
      outdir: bench.newOutdir(),
      context: { 'vault.stage': 'prod' },
    });

    expect(assembly.stacks.map(({ stackName }) => stackName)).toEqual(['AdobeTokenVault-prod']);
  });

  it.each([
    [{}, false],
    [{ 'vault.stage': 'prod' }, false],
    [{ 'vault.terminationProtection': 'true' }, true],
    [{ 'vault.terminationProtection': 'false' }, false],
  ])(
    'protects its stack from deletion only when asked, so that a failed first deployment can be retried: %j',
    (context, isProtected) => {
      const assembly = synthesise({ functionBundles, outdir: bench.newOutdir(), context });

      expect(assembly.stacks.map(({ terminationProtection }) => terminationProtection)).toEqual([
        isProtected,
      ]);
    },
  );

  it('refuses a stage that cannot be part of a name', () => {
    const outdir = bench.newOutdir();

    expect(() => synthesise({ functionBundles, outdir, context: { 'vault.stage': 'My Stage' } })).toThrow(
      'The setting vault.stage must be',
    );
  });

  it('refuses to synthesise without bundles', () => {
    const outdir = bench.newOutdir();

    expect(() => synthesise({ functionBundles: outdir, outdir })).toThrow(
      `${join(outdir, 'authorize')} holds no index.mjs; run "npm run build" first.`,
    );
  });
});

describe('docs/generated/permissions.md', () => {
  it('says what the template says', () => {
    const outdir = bench.newOutdir();
    const assembly = synthesise({ functionBundles, outdir, context: { vault: DOCUMENTED_SETTINGS } });
    const page = readFileSync(new URL('../../docs/generated/permissions.md', import.meta.url), 'utf8');

    expect(page, 'run "npm run docs"').toBe(
      permissionsPage(assembly.getStackByName('AdobeTokenVault').template),
    );
  });
});
