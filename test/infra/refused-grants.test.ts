import { Aws, Stack, Token } from 'aws-cdk-lib';
import { AccountPrincipal, Role } from 'aws-cdk-lib/aws-iam';
import { Code, Function as LambdaFunction, Runtime } from 'aws-cdk-lib/aws-lambda';
import { StringParameter } from 'aws-cdk-lib/aws-ssm';
import type { Construct } from 'constructs';
import { afterAll, describe, expect, it } from 'vitest';
import {
  type ConnectionGrant,
  DeploymentError,
  TokenVault,
  type TokenVaultAttributes,
  type VaultCaller,
} from '../../lib/index.ts';
import { TEST_SETTINGS } from '../support/synth/test-settings.ts';
import { createVaultBench } from '../support/synth/vault-bench.ts';

const bench = await createVaultBench();
afterAll(() => bench.dispose());

const FENCE = { connections: 'acme.*' };
const HERE = { account: '111122223333', region: 'eu-west-1' };
const OTHER_ACCOUNT = { ...HERE, account: '444455556666' };
const OTHER_REGION = { ...HERE, region: 'us-east-1' };
const ATTRIBUTES: TokenVaultAttributes = {
  apiId: 'abc123',
  apiUrl: 'https://vault.acme.example',
  accessTokensTableName: 'AccessTokens-1',
  accessKeyArn: 'arn:aws:kms:eu-west-1:111122223333:key/access-1',
  clientId: 'test-client-id',
};

function vaultIn(scope: Construct, id = 'Vault'): TokenVault {
  return new TokenVault(scope, id, { settings: TEST_SETTINGS, functionBundles: bench.functionBundles });
}

function functionIn(scope: Construct): LambdaFunction {
  return new LambdaFunction(scope, 'Consumer', {
    code: Code.fromInline('exports.handler = async () => {};'),
    handler: 'index.handler',
    runtime: Runtime.NODEJS_24_X,
  });
}

function refusal(refused: () => unknown): DeploymentError {
  try {
    refused();
  } catch (error) {
    if (error instanceof DeploymentError) return error;
    throw error;
  }
  throw new Error('It was accepted.');
}

describe('a grant names the way out before the CDK fails without one', () => {
  it('where the consumer is in another account', () => {
    const app = bench.emptyApp();
    const vault = vaultIn(new Stack(app, 'Photos', { env: HERE }));
    const consumer = functionIn(new Stack(app, 'Team', { env: OTHER_ACCOUNT }));

    expect(refusal(() => vault.grantStatus(consumer, FENCE))).toMatchObject({
      code: 'ACCESS_ROLE_MISSING',
      message: expect.stringMatching(/Team\/Consumer.*accessRoleFor\('444455556666', …\)/),
    });
  });

  it.each<[string, (stack: Stack) => VaultCaller]>([
    ['role', (stack) => Role.fromRoleArn(stack, 'Task', 'arn:aws:iam::444455556666:role/task')],
    ['account', () => new AccountPrincipal('444455556666')],
  ])('where the caller is an imported %s of another account', (_what, caller) => {
    const stack = new Stack(bench.emptyApp(), 'Photos', { env: HERE });

    expect(refusal(() => vaultIn(stack).grantAccessTokens(caller(stack), FENCE))).toMatchObject({
      code: 'ACCESS_ROLE_MISSING',
      message: expect.stringContaining("accessRoleFor('444455556666', …)"),
    });
  });

  it('where the consumer is in another Region, without references across Regions', () => {
    const app = bench.emptyApp();
    const vault = vaultIn(new Stack(app, 'Photos', { env: HERE }));
    const consumer = functionIn(new Stack(app, 'Team', { env: OTHER_REGION }));

    expect(refusal(() => vault.grantAccessTokens(consumer, FENCE))).toMatchObject({
      code: 'REGION_UNREACHABLE',
      message: expect.stringContaining('Set crossRegionReferences: true on both stacks'),
    });
  });

  it('where the stacks are of two copies of the CDK, each with its own token for the account', () => {
    const app = bench.emptyApp();
    const vault = vaultIn(new Stack(app, 'Photos'));
    // As another copy makes them.
    const [account, region] = ['AccountId', 'Region'].map((name) => Token.asString({ Ref: `AWS::${name}` }));
    const consumer = functionIn(
      new Stack(app, 'Team', { env: { account: account ?? '', region: region ?? '' } }),
    );

    expect(refusal(() => vault.grantStatus(consumer, FENCE))).toMatchObject({
      code: 'SECOND_CDK',
      message: expect.stringContaining('Give both stacks an env'),
    });
  });

  it.each<[string, unknown]>([
    ['undefined', undefined],
    ['null', null],
    ['a name', 'my-function'],
    ['a construct that is no grantee', new Stack()],
  ])('where the caller is %s', (_what, caller) => {
    const vault = vaultIn(new Stack(bench.emptyApp(), 'Photos'));

    expect(refusal(() => vault.grantAccessTokens(caller as VaultCaller, FENCE))).toMatchObject({
      code: 'CALLER_INVALID',
    });
  });

  it.each<[string, unknown, string]>([
    ['absent', undefined, 'at least one pattern'],
    ['without connections', {}, 'at least one pattern'],
    [
      'with a value that is missing from a list',
      { connections: [undefined] },
      '"undefined" is not a pattern',
    ],
    ['with a token of the CDK', { connections: `${Aws.STACK_NAME}.*` }, 'known only at deployment'],
  ])('where the grant is %s', (_what, grant, message) => {
    const stack = new Stack(bench.emptyApp(), 'Photos');
    const vault = vaultIn(stack);
    const consumer = functionIn(stack);
    const grants = ['AccessTokens', 'Consents', 'Status', 'RevokeAccessTokens', 'Disconnect'] as const;

    for (const name of grants) {
      const found = refusal(() => vault[`grant${name}`](consumer, grant as ConnectionGrant));
      expect(found).toMatchObject({ code: 'PATTERN_INVALID', message: expect.stringContaining(message) });
    }
  });

  it('and a grant of JavaScript adds no route of its own', () => {
    const stack = new Stack(bench.emptyApp(), 'Photos');
    const vault = vaultIn(stack);
    const grant = {
      ...FENCE,
      routes: [{ method: 'POST', path: '/imports', serves: 'import', access: 'iam' }],
    };
    vault.grantStatus(functionIn(stack), grant);

    expect(
      JSON.stringify(
        (stack.node.root as ReturnType<typeof bench.emptyApp>).synth().stacks[0]?.template.Resources,
      ),
    ).not.toContain('/POST/imports"');
  });
});

describe('attributes of an imported vault', () => {
  it.each<[keyof TokenVaultAttributes, unknown]>([
    ['apiId', undefined],
    ['apiId', 'https://abc123.execute-api.eu-west-1.amazonaws.com'],
    ['apiUrl', undefined],
    ['apiUrl', 'https://vault.acme.example/callback'],
    ['apiUrl', 'http://vault.acme.example'],
    ['accessTokensTableName', 'arn:aws:dynamodb:eu-west-1:111122223333:table/AccessTokens-1'],
    ['accessKeyArn', 'access-1'],
    ['accessKeyArn', 'arn:aws:kms:eu-west-1:111122223333:alias/access'],
    ['clientId', ''],
    ['accessRoleArn', 'arn:aws:iam::111122223333:user/ann'],
    ['region', 'Ireland'],
  ])('%s is refused as %j', (name, value) => {
    const stack = new Stack(bench.emptyApp(), 'Team');
    const attributes = { ...ATTRIBUTES, [name]: value } as TokenVaultAttributes;

    expect(refusal(() => TokenVault.fromAttributes(stack, 'Vault', attributes))).toMatchObject({
      code: 'ATTRIBUTE_INVALID',
      message: expect.stringMatching(
        new RegExp(`^The attribute ${name} of the imported token vault must be`),
      ),
    });
  });

  it('may be references within an account and Region, and not beyond', () => {
    const app = bench.emptyApp();
    const { attributes } = vaultIn(new Stack(app, 'Photos', { env: HERE }));
    const importIn = (id: string, env: typeof HERE, more: Partial<TokenVaultAttributes> = {}) =>
      TokenVault.fromAttributes(new Stack(app, id, { env }), 'Vault', { ...attributes, ...more });
    const accessRoleArn = 'arn:aws:iam::111122223333:role/access';

    expect(() => importIn('Here', HERE)).not.toThrow();
    expect(refusal(() => importIn('Elsewhere', OTHER_ACCOUNT)).code).toBe('ACCESS_ROLE_MISSING');
    expect(refusal(() => importIn('Guest', OTHER_ACCOUNT, { accessRoleArn }))).toMatchObject({
      code: 'ATTRIBUTE_INVALID',
      message: expect.stringContaining('Deploy that stack first, and write its output here as a text.'),
    });
    expect(refusal(() => importIn('Far', OTHER_REGION)).code).toBe('REGION_UNREACHABLE');
  });
});

describe('a value of a context lookup', () => {
  const lookUp = (stack: Stack, name: string) => StringParameter.valueFromLookup(stack, name);

  it('passes the first synthesis, after which the CDK looks it up', () => {
    const app = bench.emptyApp();
    const stack = new Stack(app, 'Photos', { env: HERE });
    const vault = new TokenVault(stack, 'Vault', {
      functionBundles: bench.functionBundles,
      settings: {
        ...TEST_SETTINGS,
        clientId: lookUp(stack, '/client'),
        returnUrls: [lookUp(stack, '/url'), `https://${lookUp(stack, '/host')}/back`],
        imsBaseUrl: lookUp(stack, '/ims'),
        domainName: `vault.${lookUp(stack, '/zone')}`,
        certificateArn: lookUp(stack, '/certificate'),
        hostedZone: { hostedZoneId: lookUp(stack, '/zone-id'), zoneName: lookUp(stack, '/zone') },
        alarmTopicArn: lookUp(stack, '/topic'),
      },
    });
    vault.grantAccessTokens(functionIn(stack), { connections: `${lookUp(stack, '/tenant')}.*` });
    const names = ['apiId', 'apiUrl', 'accessTokensTableName', 'accessKeyArn', 'clientId', 'region'];
    const attributes = Object.fromEntries(names.map((name) => [name, lookUp(stack, `/other/${name}`)]));
    expect(() =>
      TokenVault.fromAttributes(stack, 'Other', attributes as unknown as TokenVaultAttributes),
    ).not.toThrow();

    expect(app.synth().manifest.missing?.map(({ props }) => Reflect.get(props, 'parameterName'))).toEqual(
      expect.arrayContaining(['/certificate', '/tenant', '/other/accessKeyArn']),
    );
  });

  it('is checked once it is known', () => {
    const app = bench.emptyApp();
    const key = 'ssm:account=111122223333:parameterName=/url:region=eu-west-1';
    app.node.setContext(key, 'http://app.example.test/');
    const stack = new Stack(app, 'Photos', { env: HERE });
    const settings = { ...TEST_SETTINGS, returnUrls: [lookUp(stack, '/url')] };

    expect(
      refusal(() => new TokenVault(stack, 'Vault', { settings, functionBundles: bench.functionBundles })),
    ).toMatchObject({ message: expect.stringContaining('It is "http://app.example.test/"') });
  });
});

describe('the name of a vault', () => {
  it('keeps apart what differs only in characters that names may not hold', () => {
    const stack = new Stack(bench.emptyApp(), 'Photos');
    const names = ['Tresör', 'Tresår', 'Tres-r'].map(
      (id, position) =>
        new TokenVault(stack, id, {
          settings: TEST_SETTINGS,
          functionBundles: bench.functionBundles,
          outputPrefix: `Vault${position}`,
        }).vaultName,
    );

    expect(new Set(names).size).toBe(3);
    for (const name of names) expect(name).toMatch(/^Photos-Tres-r[a-z0-9-]*$/);
  });

  it('is refused where two stacks of one account and Region would share it', () => {
    const app = bench.emptyApp();
    vaultIn(new Stack(app, 'Photos'), 'Films');

    expect(refusal(() => vaultIn(new Stack(app, 'Photos-Films')))).toMatchObject({
      code: 'VAULT_NAME_TAKEN',
      message:
        'The token vaults Photos/Films and Photos-Films/Vault would both be named Photos-Films. Give one of them, or its stack, another id.',
    });
    expect(() => vaultIn(new Stack(app, 'Photos-Films-2'))).not.toThrow();
  });
});
