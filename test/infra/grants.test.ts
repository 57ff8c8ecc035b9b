import { type App, Stack, Validations } from 'aws-cdk-lib';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Code, Function as LambdaFunction, Runtime } from 'aws-cdk-lib/aws-lambda';
import { StringParameter } from 'aws-cdk-lib/aws-ssm';
import { AwsSolutionsChecks } from 'cdk-nag';
import { afterAll, describe, expect, it } from 'vitest';
import { API_ROUTES } from '../../lib/constructs/api-routes.ts';
import type { VaultCaller } from '../../lib/constructs/connection-grants.ts';
import { TokenVault } from '../../lib/constructs/token-vault.ts';
import type { TokenVaultGrants } from '../../lib/constructs/token-vault-grants.ts';
import { createAuthorizer } from '../../local/aws/iam/authorizer.ts';
import { readCloudAssembly } from '../../local/stack/cloud-assembly.ts';
import { planDeployment } from '../../local/stack/deployment.ts';
import { loadIamDirectory } from '../../local/stack/load-iam.ts';
import { asObject } from '../support/synth/template.ts';
import { createVaultBench, templateOf } from '../support/synth/vault-bench.ts';

const PLACE = {
  accountId: '111122223333',
  region: 'eu-west-1',
  partition: 'aws',
  urlSuffix: 'amazonaws.com',
};
const CLIENT_ID = 'test-client-id';
const FENCE = { connections: 'acme.*' };
const OWN = ['acme.user-1', 'acme.user-2'];
const FOREIGN = ['other.user-1', 'acmeco.user-1', 'acme', 'ACME.user-1', 'xacme.user-1'];

interface Grant {
  readonly give: (vault: TokenVaultGrants, caller: VaultCaller) => void;
  readonly routes: readonly string[];
  readonly tokens?: true;
}

const TOKENS = { routes: ['GET /access-tokens/{connectionId}'], tokens: true } as const;
const GRANTS: Readonly<Record<string, Grant>> = {
  AccessTokens: { ...TOKENS, give: (vault, caller) => vault.grantAccessTokens(caller, FENCE) },
  Consents: {
    give: (vault, caller) => vault.grantConsents(caller, FENCE),
    routes: ['POST /connections/{connectionId}/consents', 'POST /connections/{connectionId}/consents/redeem'],
  },
  SignIns: { give: (vault, caller) => vault.grantSignIns(caller), routes: ['POST /sign-ins/redeem'] },
  Status: {
    give: (vault, caller) => vault.grantStatus(caller, FENCE),
    routes: ['GET /connections/{connectionId}'],
  },
  Operate: { give: (vault, caller) => vault.grantOperate(caller), routes: ['GET /connections'] },
  Disconnect: {
    give: (vault, caller) => vault.grantDisconnect(caller, FENCE),
    routes: ['DELETE /connections/{connectionId}'],
  },
};

const bench = await createVaultBench();
afterAll(() => bench.dispose());

/** A vault, and a team's stack with one role per grant. */
function deployGrants() {
  const app = bench.emptyApp();
  const { vault } = bench.vaultStack({}, { app });
  const team = new Stack(app, 'Team');
  for (const [name, { give }] of Object.entries(GRANTS)) give(vault, roleIn(team, name));
  vault.accessRoleFor('444455556666', FENCE);
  app.synth();
  return loadIamDirectory(planDeployment(readCloudAssembly(app.outdir), { place: PLACE }));
}

function roleIn(stack: Stack, name: string): Role {
  return new Role(stack, `Caller${name}`, {
    roleName: `${stack.stackName}-${name}`,
    assumedBy: new ServicePrincipal('lambda.amazonaws.com'),
  });
}

const directory = deployGrants();
const authorizer = createAuthorizer(directory);

interface Statement {
  readonly Sid?: string;
  readonly Action: string | readonly string[];
  readonly Resource: string | readonly string[];
}

const statementsOf = (roleName: string): readonly Statement[] =>
  directory.roles
    .filter((role) => role.roleName === roleName)
    .flatMap(({ policies }) =>
      policies.flatMap(({ document }) => (document as { Statement: Statement[] }).Statement),
    );
const functionRole = (part: string): string =>
  directory.roles.find(({ roleName }) => roleName.includes(`Functions${part}Role`))?.roleName ?? '';
const tableArn = (sid: string): string =>
  String(statementsOf(functionRole('Rotate')).find(({ Sid }) => Sid === sid)?.Resource);
const keyArn = (purpose: string): string =>
  [...directory.keyPolicies].find(([, policy]) => JSON.stringify(policy).includes(`"${purpose}"`))?.[0] ?? '';
const apiArn = String(statementsOf('Team-SignIns')[0]?.Resource).replace(/\/POST\/.*$/, '');

const isAllowed = (
  roleName: string,
  action: string,
  resource: string,
  context: Record<string, string | string[]> = {},
): boolean => authorizer.decide({ roleName }, { action, resource, context }) === 'Allowed';

const CALLERS: [string, string, Grant][] = [
  ...Object.entries(GRANTS).map(([name, grant]): [string, string, Grant] => [name, `Team-${name}`, grant]),
  [
    'the role for another account',
    directory.roles.find(({ roleName }) => roleName.includes('AccessFor444455556666'))?.roleName ?? '',
    { ...TOKENS, give: () => undefined },
  ],
];

describe.each(CALLERS)('%s', (_name, roleName, grant) => {
  it('opens its own routes for its own connections, and no other', () => {
    const allowed: string[] = [];
    for (const { method, path, access } of API_ROUTES) {
      if (access === 'public') continue;
      for (const id of [...OWN, ...FOREIGN]) {
        const resource = `${apiArn}/${method}${path.replace('{connectionId}', id)}`;
        if (isAllowed(roleName, 'execute-api:Invoke', resource)) allowed.push(`${method} ${path} ${id}`);
      }
    }
    const expected = grant.routes.flatMap((route) =>
      (route.includes('{connectionId}') ? OWN : [...OWN, ...FOREIGN]).map((id) => `${route} ${id}`),
    );
    expect(allowed.sort()).toEqual(expected.sort());
  });

  it('reads stored access tokens of its own connections, if of any, and nothing else of any table', () => {
    const keys: (string[] | undefined)[] = [undefined, OWN, ...[...OWN, ...FOREIGN].map((id) => [id])];
    keys.push(...FOREIGN.map((id) => [...OWN, id]));
    const reads = ['GetItem', 'BatchGetItem', 'Query', 'Scan'].flatMap((action) =>
      keys.map((leading) => ({ action, leading })),
    );
    const others = [
      'PutItem',
      'UpdateItem',
      'DeleteItem',
      'BatchWriteItem',
      'PartiQLSelect',
      'DescribeTable',
    ].map((action) => ({ action, leading: OWN }));
    const allowed: string[] = [];
    for (const table of ['Connections', 'AccessTokens', 'Ephemeral']) {
      for (const { action, leading } of [...reads, ...others]) {
        const context = leading === undefined ? {} : { 'dynamodb:LeadingKeys': leading };
        if (isAllowed(roleName, `dynamodb:${action}`, tableArn(table), context)) {
          allowed.push(`${table} ${action} ${leading}`);
        }
      }
    }
    const readable = [OWN, ...OWN.map((id) => [id])];
    const expected = ['GetItem', 'BatchGetItem'].flatMap((action) =>
      readable.map((leading) => `AccessTokens ${action} ${leading}`),
    );
    expect(allowed.sort()).toEqual(grant.tokens ? expected.sort() : []);
  });

  it('opens access tokens of its own connections, if any, and never a refresh token', () => {
    const contexts = ['access', 'refresh', undefined].flatMap((purpose) =>
      [CLIENT_ID, 'another-client', undefined].flatMap((clientId) =>
        [...OWN, ...FOREIGN, undefined].map((connection) => ({ purpose, clientId, connection })),
      ),
    );
    const right = { purpose: 'access', clientId: CLIENT_ID, connection: OWN[0] };
    const questions = [
      ...contexts.map((context) => ({ action: 'Decrypt', context })),
      ...['Encrypt', 'GenerateDataKey', 'ReEncryptFrom', 'CreateGrant'].map((action) => ({
        action,
        context: right,
      })),
    ];
    const allowed: string[] = [];
    for (const key of ['access', 'refresh']) {
      for (const { action, context } of questions) {
        if (!isAllowed(roleName, `kms:${action}`, keyArn(key), encryptionContext(context))) continue;
        allowed.push(`${action} by ${key}: ${context.purpose} ${context.clientId} ${context.connection}`);
      }
    }
    const expected = OWN.map((id) => `Decrypt by access: access ${CLIENT_ID} ${id}`);
    expect(allowed.sort()).toEqual(grant.tokens ? expected : []);
  });
});

function encryptionContext(pairs: Readonly<Record<string, string | undefined>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(pairs).flatMap(([name, value]) =>
      value === undefined ? [] : [[`kms:EncryptionContext:${name}`, value]],
    ),
  );
}

const ATTRIBUTES = {
  apiId: 'abc123',
  apiUrl: 'https://vault.acme.example/',
  accessTokensTableName: 'AccessTokens-1',
  accessKeyArn: 'arn:aws:kms:eu-west-1:111122223333:key/access-1',
  clientId: CLIENT_ID,
};

function consumerIn(stack: Stack): LambdaFunction {
  return new LambdaFunction(stack, 'Consumer', {
    code: Code.fromInline('exports.handler = async () => {};'),
    handler: 'index.handler',
    runtime: Runtime.NODEJS_24_X,
    role: new Role(stack, 'ConsumerRole', { assumedBy: new ServicePrincipal('lambda.amazonaws.com') }),
  });
}

function consumerOf(stack: Stack) {
  const template = templateOf(stack);
  const { Variables } = asObject(template.one('AWS::Lambda::Function', 'Consumer').properties.Environment);
  const statements = template.statementsOf(template.one('AWS::IAM::Role', 'Consumer'));
  return { variables: Variables, statements, text: template.text };
}

describe('a grant on access tokens', () => {
  it('is exactly three statements and five variables', () => {
    const app = bench.emptyApp();
    const { vault } = bench.vaultStack({}, { app });
    const team = new Stack(app, 'Team');
    vault.grantAccessTokens(consumerIn(team), FENCE);

    const { statements, variables, text } = consumerOf(team);
    expect(statements.map((statement) => ({ ...statement, Resource: text(statement.Resource) }))).toEqual([
      {
        Effect: 'Allow',
        Action: 'execute-api:Invoke',
        Resource: expect.stringMatching(/\/\$default\/GET\/access-tokens\/acme\.\*$/),
      },
      {
        Effect: 'Allow',
        Action: ['dynamodb:BatchGetItem', 'dynamodb:GetItem'],
        Resource: expect.stringMatching(/^<import AdobeTokenVault:.*AccessTokens/),
        Condition: {
          'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': 'acme.*' },
          Null: { 'dynamodb:LeadingKeys': 'false' },
        },
      },
      {
        Effect: 'Allow',
        Action: 'kms:Decrypt',
        Resource: expect.stringMatching(/^<import AdobeTokenVault:.*AccessTokenKey/),
        Condition: {
          StringEquals: {
            'kms:EncryptionContext:purpose': 'access',
            'kms:EncryptionContext:clientId': CLIENT_ID,
          },
          StringLike: { 'kms:EncryptionContext:connection': 'acme.*' },
        },
      },
    ]);
    expect(Object.keys(asObject(variables)).sort()).toEqual(
      ['CLIENT_ID', 'KEY_ARN', 'REGION', 'TABLE', 'URL'].map((name) => `ADOBE_TOKEN_VAULT_${name}`),
    );
  });

  it('is the same on a vault that another app deployed', () => {
    const stack = new Stack(bench.emptyApp(), 'Elsewhere');
    TokenVault.fromAttributes(stack, 'Vault', ATTRIBUTES).grantAccessTokens(consumerIn(stack), FENCE);

    const { statements, variables, text } = consumerOf(stack);
    expect(statements.map(({ Action, Resource }) => [Action, text(Resource)])).toEqual([
      [
        'execute-api:Invoke',
        'arn:<AWS::Partition>:execute-api:eu-west-1:111122223333:abc123/$default/GET/access-tokens/acme.*',
      ],
      [
        ['dynamodb:BatchGetItem', 'dynamodb:GetItem'],
        'arn:<AWS::Partition>:dynamodb:eu-west-1:111122223333:table/AccessTokens-1',
      ],
      ['kms:Decrypt', ATTRIBUTES.accessKeyArn],
    ]);
    expect(variables).toEqual({
      ADOBE_TOKEN_VAULT_URL: 'https://vault.acme.example',
      ADOBE_TOKEN_VAULT_REGION: 'eu-west-1',
      ADOBE_TOKEN_VAULT_TABLE: 'AccessTokens-1',
      ADOBE_TOKEN_VAULT_KEY_ARN: ATTRIBUTES.accessKeyArn,
      ADOBE_TOKEN_VAULT_CLIENT_ID: CLIENT_ID,
    });
  });

  it('works with attributes that are known only when it is deployed, such as SSM parameters', () => {
    const stack = new Stack(bench.emptyApp(), 'Elsewhere');
    const parameter = (name: string) => StringParameter.valueForStringParameter(stack, `/vault/${name}`);
    const vault = TokenVault.fromAttributes(stack, 'Vault', {
      apiId: parameter('api-id'),
      apiUrl: parameter('api-url'),
      accessTokensTableName: parameter('table'),
      accessKeyArn: parameter('key'),
      clientId: parameter('client-id'),
    });
    vault.grantAccessTokens(consumerIn(stack), FENCE);
    Validations.of(stack).addPlugins(new AwsSolutionsChecks(stack.node.root as App));

    const { statements, text } = consumerOf(stack);
    expect(text(statements[1]?.Resource)).toMatch(
      /:dynamodb:<AWS::Region>:<AWS::AccountId>:table\/<SsmParameter/,
    );
  });

  it('in another account is the right to assume the role made for that account, and nothing else', () => {
    const accessRoleArn = 'arn:aws:iam::111122223333:role/access';
    const stack = new Stack(bench.emptyApp(), 'Elsewhere');
    const vault = TokenVault.fromAttributes(stack, 'Vault', { ...ATTRIBUTES, accessRoleArn });
    vault.grantAccessTokens(consumerIn(stack), FENCE);

    const { statements, variables } = consumerOf(stack);
    expect(statements).toEqual([{ Effect: 'Allow', Action: 'sts:AssumeRole', Resource: accessRoleArn }]);
    expect(variables).toMatchObject({
      ADOBE_TOKEN_VAULT_ROLE_ARN: accessRoleArn,
      ADOBE_TOKEN_VAULT_TABLE: 'AccessTokens-1',
    });
  });

  it('tells containers what they need in their environment', () => {
    const vault = TokenVault.fromAttributes(new Stack(bench.emptyApp(), 'Elsewhere'), 'Vault', ATTRIBUTES);

    expect(vault.clientEnvironment).toMatchObject({
      ADOBE_TOKEN_VAULT_URL: 'https://vault.acme.example',
      ADOBE_TOKEN_VAULT_TABLE: 'AccessTokens-1',
    });
  });
});

describe('the role for another account', () => {
  it('trusts that account and no other', () => {
    const { vault } = bench.vaultStack();
    vault.accessRoleFor('444455556666', FENCE);
    const role = templateOf(vault).one('AWS::IAM::Role', 'AccessFor444455556666');

    expect(role.properties.AssumeRolePolicyDocument).toMatchObject({
      Statement: [{ Effect: 'Allow', Action: 'sts:AssumeRole', Principal: { AWS: expect.anything() } }],
    });
    expect(JSON.stringify(role.properties.AssumeRolePolicyDocument)).toContain('iam::444455556666:root');
  });

  it('may be made for several fences of one account, and for nothing that is no account', () => {
    const { vault } = bench.vaultStack();
    vault.accessRoleFor('444455556666', FENCE);

    expect(() => vault.accessRoleFor('444455556666', { connections: 'beta.*' })).not.toThrow();
    expect(() => vault.accessRoleFor('*', FENCE)).toThrow('is not the id of an AWS account');
    expect(() => vault.accessRoleFor('444455556666', { connections: 'acme*' })).toThrow('is not a pattern');
  });
});
