import { NestedStack, Stack, Validations } from 'aws-cdk-lib';
import { Group, type IGrantable, Role, ServicePrincipal, User } from 'aws-cdk-lib/aws-iam';
import { Code, Function as LambdaFunction, Runtime } from 'aws-cdk-lib/aws-lambda';
import { AwsSolutionsChecks } from 'cdk-nag';
import { afterAll, describe, expect, it } from 'vitest';
import { TokenVault } from '../../lib/constructs/token-vault.ts';
import { perTenant } from '../../lib/iam/tenant-fence.ts';
import { asObject } from '../support/synth/template.ts';
import { createVaultBench, templateOf, warningsUnder } from '../support/synth/vault-bench.ts';

const bench = await createVaultBench();
afterAll(() => bench.dispose());

const POOLED = { connections: perTenant() };
const ATTRIBUTES = {
  apiId: 'abc123',
  apiUrl: 'https://vault.acme.example',
  accessTokensTableName: 'AccessTokens-1',
  accessKeyArn: 'arn:aws:kms:eu-west-1:111122223333:key/access-1',
  clientId: 'test-client-id',
};
const TENANT = `\${aws:PrincipalTag/tenant}`;

function functionIn(scope: Stack): LambdaFunction {
  return new LambdaFunction(scope, 'Pooled', {
    code: Code.fromInline('exports.handler = async () => {};'),
    handler: 'index.handler',
    runtime: Runtime.NODEJS_24_X,
    role: new Role(scope, 'Caller', { assumedBy: new ServicePrincipal('lambda.amazonaws.com') }),
  });
}

function pooledIn(scope: Stack) {
  const template = templateOf(scope);
  const roles = template.ofType('AWS::IAM::Role');
  const roleOf = (isOfTenants: boolean) => {
    const role = roles.find(({ logicalId }) => logicalId.includes('TokenVaultTenants') === isOfTenants);
    if (role === undefined) throw new Error('There is no such role.');
    return role;
  };
  const { Variables } = asObject(template.one('AWS::Lambda::Function', 'Pooled').properties.Environment);
  return {
    text: template.text,
    variables: asObject(Variables),
    own: template.statementsOf(roleOf(false)),
    trust: () => roleOf(true).properties.AssumeRolePolicyDocument,
    tenants: () => template.statementsOf(roleOf(true)),
  };
}

describe('a grant of perTenant()', () => {
  it('goes to a role with the tenant of its session in path, key and encryption context', () => {
    const stack = new Stack(bench.emptyApp(), 'Team');
    const vault = TokenVault.fromAttributes(stack, 'Vault', ATTRIBUTES);
    vault.grantAccessTokens(functionIn(stack), POOLED);
    const { tenants, text } = pooledIn(stack);

    expect(
      tenants().map(({ Resource, ...statement }) => ({ ...statement, Resource: text(Resource) })),
    ).toEqual([
      {
        Effect: 'Allow',
        Action: 'execute-api:Invoke',
        Resource: `arn:<AWS::Partition>:execute-api:eu-west-1:111122223333:abc123/$default/GET/access-tokens/${TENANT}.*`,
      },
      {
        Effect: 'Allow',
        Action: ['dynamodb:BatchGetItem', 'dynamodb:GetItem'],
        Resource: 'arn:<AWS::Partition>:dynamodb:eu-west-1:111122223333:table/AccessTokens-1',
        Condition: {
          'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': `${TENANT}.*` },
          Null: { 'dynamodb:LeadingKeys': 'false' },
        },
      },
      {
        Effect: 'Allow',
        Action: 'kms:Decrypt',
        Resource: ATTRIBUTES.accessKeyArn,
        Condition: {
          StringEquals: {
            'kms:EncryptionContext:purpose': 'access',
            'kms:EncryptionContext:clientId': 'test-client-id',
          },
          StringLike: { 'kms:EncryptionContext:connection': `${TENANT}.*` },
        },
      },
    ]);
  });

  it('lets the function itself only assume that role, whose ARN it finds in its environment', () => {
    const stack = new Stack(bench.emptyApp(), 'Team');
    TokenVault.fromAttributes(stack, 'Vault', ATTRIBUTES).grantAccessTokens(functionIn(stack), POOLED);
    const { own, variables, text } = pooledIn(stack);

    expect(own).toHaveLength(1);
    expect(own[0]).toMatchObject({ Effect: 'Allow', Action: ['sts:AssumeRole', 'sts:TagSession'] });
    expect(text(own[0]?.Resource)).toMatch(/^<CallerTokenVaultTenants.*Arn>$/);
    expect(text(variables.ADOBE_TOKEN_VAULT_TENANT_ROLE_ARN)).toBe(text(own[0]?.Resource));
    expect(Object.keys(variables).sort()).toEqual(
      ['CLIENT_ID', 'KEY_ARN', 'PARTS', 'REGION', 'TABLE', 'TENANT_ROLE_ARN', 'URL'].map(
        (name) => `ADOBE_TOKEN_VAULT_${name}`,
      ),
    );
  });

  it('trusts the role of that function, with the tag of one tenant and no other tag', () => {
    const stack = new Stack(bench.emptyApp(), 'Team');
    TokenVault.fromAttributes(stack, 'Vault', ATTRIBUTES).grantAccessTokens(functionIn(stack), POOLED);

    const characters = ['.', '/', ':', '=', '+', '@', ' ', `\${*}`, `\${?}`];
    expect(pooledIn(stack).trust()).toMatchObject({
      Statement: [
        {
          Effect: 'Allow',
          Action: ['sts:AssumeRole', 'sts:TagSession'],
          Condition: {
            ArnEquals: {
              'aws:PrincipalArn': { 'Fn::GetAtt': [expect.stringMatching(/^Caller/), 'Arn'] },
            },
            StringLike: { 'aws:RequestTag/tenant': '?*' },
            StringNotLike: { 'aws:RequestTag/tenant': characters.map((character) => `*${character}*`) },
            'ForAllValues:StringEquals': { 'aws:TagKeys': ['tenant'] },
          },
        },
      ],
    });
  });

  it('of several kinds goes to one role, and a grant of fixed connections stays with the function', () => {
    const stack = new Stack(bench.emptyApp(), 'Team');
    const vault = TokenVault.fromAttributes(stack, 'Vault', ATTRIBUTES);
    const pooled = functionIn(stack);
    vault.grantStatus(pooled, POOLED);
    vault.grantConsents(pooled, POOLED);
    vault.grantStatus(pooled, { connections: 'adobe-*' });
    const { own, tenants, text } = pooledIn(stack);

    const routes = tenants().flatMap(({ Resource }) =>
      [Resource].flat().map((one) => text(one).split('/').slice(2)),
    );
    expect(routes.map((route) => route.join('/'))).toEqual([
      `GET/connections/${TENANT}.*`,
      `POST/connections/${TENANT}.*/consents`,
      `POST/connections/${TENANT}.*/consents/redeem`,
    ]);
    expect(own.map(({ Action }) => Action)).toEqual([
      ['sts:AssumeRole', 'sts:TagSession'],
      'execute-api:Invoke',
    ]);
  });

  it('passes the rule pack, also across stacks and from a nested one', () => {
    const app = bench.emptyApp();
    const { vault } = bench.vaultStack({}, { app });
    const team = new Stack(app, 'Team');
    const pooled = functionIn(new NestedStack(team, 'Nested'));
    vault.grantAccessTokens(pooled, POOLED);
    vault.accessRoleFor('444455556666', POOLED);
    Validations.of(app).addPlugins(new AwsSolutionsChecks(app));

    expect(() => app.synth()).not.toThrow();
    expect(warningsUnder(app)).toEqual([]);
  });

  it('to one role on two vaults makes a role for each', () => {
    const stack = new Stack(bench.emptyApp(), 'Team');
    const role = new Role(stack, 'Task', { assumedBy: new ServicePrincipal('ecs-tasks.amazonaws.com') });
    const [one, other] = ['abc123', 'def456'].map((apiId) =>
      TokenVault.fromAttributes(stack, apiId, { ...ATTRIBUTES, apiId }),
    );
    one?.grantAccessTokens(role, POOLED);
    other?.grantAccessTokens(role, POOLED);

    const arns = [one, other].map((vault) =>
      stack.resolve(vault?.tenantEnvironmentOf(role).ADOBE_TOKEN_VAULT_TENANT_ROLE_ARN),
    );
    expect(arns[0]).not.toEqual(arns[1]);
    expect(templateOf(stack).ofType('AWS::IAM::Role')).toHaveLength(3);
  });

  it.each<[string, (stack: Stack) => IGrantable]>([
    ['a group', (stack) => new Group(stack, 'Team')],
    ['a service', () => ({ grantPrincipal: new ServicePrincipal('ecs-tasks.amazonaws.com') })],
  ])('is refused for %s, which cannot assume a role', (_what, callerIn) => {
    const stack = new Stack(bench.emptyApp(), 'Photos');
    const vault = TokenVault.fromAttributes(stack, 'Vault', ATTRIBUTES);

    expect(() => vault.grantAccessTokens(callerIn(stack), POOLED)).toThrow(
      expect.objectContaining({ code: 'TENANT_ROLE_UNSUPPORTED' }),
    );
  });

  it.each<[string, readonly (ReturnType<typeof perTenant> | string)[], boolean]>([
    ['next to a grant of every tenant', [perTenant(), '*'], true],
    ['next to a grant of one tenant that came first', ['acme.*', perTenant()], true],
    ['next to a grant of plain sign-ins and of one id', ['adobe-*', perTenant(), 'acme.user-1'], false],
    ['alone', [perTenant()], false],
    ['that is missing', ['*'], false],
  ])('%s warns if a wrong id would pass', (_where, grants, isOpen) => {
    const stack = new Stack(bench.emptyApp(), 'Team');
    const vault = TokenVault.fromAttributes(stack, 'Vault', ATTRIBUTES);
    const pooled = functionIn(stack);
    for (const connections of grants) vault.grantAccessTokens(pooled, { connections });

    const warnings = warningsUnder(stack).filter((text) =>
      text.includes('IAM then does not stop a wrong id'),
    );
    expect(warnings).toHaveLength(isOpen ? 1 : 0);
  });

  it('does not warn of what the function may read of another vault', () => {
    const stack = new Stack(bench.emptyApp(), 'Team');
    const role = new Role(stack, 'Task', { assumedBy: new ServicePrincipal('ecs-tasks.amazonaws.com') });
    TokenVault.fromAttributes(stack, 'One', ATTRIBUTES).grantAccessTokens(role, POOLED);
    const other = TokenVault.fromAttributes(stack, 'Other', { ...ATTRIBUTES, apiId: 'def456' });
    other.grantAccessTokens(role, { connections: '*' });

    expect(warningsUnder(stack)).toEqual([]);
  });

  it('may go to a user', () => {
    const stack = new Stack(bench.emptyApp(), 'Photos');
    const vault = TokenVault.fromAttributes(stack, 'Vault', ATTRIBUTES);
    vault.grantAccessTokens(new User(stack, 'Developer'), POOLED);

    expect(JSON.stringify(templateOf(stack).one('AWS::IAM::Role', 'TokenVaultTenants').properties)).toContain(
      '"aws:PrincipalArn":{"Fn::GetAtt":["Developer',
    );
  });
});

describe('tenants of another account', () => {
  const accessRoleArn = 'arn:aws:iam::111122223333:role/tenants';

  it('are reached by the role that the account of the vault made for them, and by no other', () => {
    const stack = new Stack(bench.emptyApp(), 'Team');
    const vault = TokenVault.fromAttributes(stack, 'Vault', { ...ATTRIBUTES, accessRoleArn });
    const pooled = functionIn(stack);
    vault.grantAccessTokens(pooled, POOLED);
    const { own, variables } = pooledIn(stack);

    expect(own).toEqual([
      { Effect: 'Allow', Action: ['sts:AssumeRole', 'sts:TagSession'], Resource: accessRoleArn },
    ]);
    expect(variables).toMatchObject({ ADOBE_TOKEN_VAULT_TENANT_ROLE_ARN: accessRoleArn });
    expect(variables).not.toHaveProperty('ADOBE_TOKEN_VAULT_ROLE_ARN');
    expect(vault.tenantEnvironmentOf(pooled)).toMatchObject({
      ADOBE_TOKEN_VAULT_TENANT_ROLE_ARN: accessRoleArn,
    });
  });

  it('get a role that trusts their account with the tag of one tenant', () => {
    const { vault } = bench.vaultStack();
    const role = vault.accessRoleFor('444455556666', POOLED);
    expect(vault.accessRoleFor('444455556666', POOLED)).toBe(role);

    const trust = templateOf(vault).one('AWS::IAM::Role', 'AccessFor444455556666').properties
      .AssumeRolePolicyDocument;
    expect(trust).toMatchObject({
      Statement: [
        {
          Action: ['sts:AssumeRole', 'sts:TagSession'],
          Condition: {
            StringLike: { 'aws:RequestTag/tenant': '?*' },
            'ForAllValues:StringEquals': { 'aws:TagKeys': ['tenant'] },
          },
        },
      ],
    });
    expect(JSON.stringify(trust)).toContain('iam::444455556666:root');
  });
});
