import { Stack, Validations } from 'aws-cdk-lib';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Code, Function as LambdaFunction, Runtime } from 'aws-cdk-lib/aws-lambda';
import { StringParameter } from 'aws-cdk-lib/aws-ssm';
import { AwsSolutionsChecks } from 'cdk-nag';
import { afterAll, describe, expect, it } from 'vitest';
import { TokenVault } from '../../lib/constructs/token-vault.ts';
import { asObject } from '../support/synth/template.ts';
import { createVaultBench, templateOf } from '../support/synth/vault-bench.ts';

const CLIENT_ID = 'test-client-id';
const FENCE = { connections: 'acme.*' };

const bench = await createVaultBench();
afterAll(() => bench.dispose());

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
  it('is exactly three statements and six variables', () => {
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
      ['CLIENT_ID', 'KEY_ARN', 'PARTS', 'REGION', 'TABLE', 'URL'].map((name) => `ADOBE_TOKEN_VAULT_${name}`),
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
      ADOBE_TOKEN_VAULT_PARTS: `URL=https://vault.acme.example REGION=eu-west-1 TABLE=AccessTokens-1 KEY_ARN=${ATTRIBUTES.accessKeyArn} CLIENT_ID=${CLIENT_ID}`,
    });
  });

  it('works with attributes that are known only when it is deployed, such as SSM parameters', () => {
    const app = bench.emptyApp();
    const stack = new Stack(app, 'Elsewhere');
    const parameter = (name: string) => StringParameter.valueForStringParameter(stack, `/vault/${name}`);
    const vault = TokenVault.fromAttributes(stack, 'Vault', {
      apiId: parameter('api-id'),
      apiUrl: parameter('api-url'),
      accessTokensTableName: parameter('table'),
      accessKeyArn: parameter('key'),
      clientId: parameter('client-id'),
    });
    vault.grantAccessTokens(consumerIn(stack), FENCE);
    Validations.of(app).addPlugins(new AwsSolutionsChecks(app));

    const { statements, text } = consumerOf(stack);
    expect(text(statements[1]?.Resource)).toMatch(
      /^arn:<AWS::Partition>:dynamodb:.*Fn::Select.*SsmParameter.*:table\/<SsmParameter/,
    );
  });

  it('in another account is only the right to assume the role created for that account', () => {
    const accessRoleArn = 'arn:aws:iam::111122223333:role/access';
    const stack = new Stack(bench.emptyApp(), 'Elsewhere');
    const vault = TokenVault.fromAttributes(stack, 'Vault', { ...ATTRIBUTES, accessRoleArn });
    const consumer = consumerIn(stack);
    vault.grantAccessTokens(consumer, FENCE);
    vault.grantStatus(consumer, FENCE);

    const { statements, variables } = consumerOf(stack);
    expect(statements).toEqual([{ Effect: 'Allow', Action: 'sts:AssumeRole', Resource: accessRoleArn }]);
    expect(variables).toMatchObject({
      ADOBE_TOKEN_VAULT_ROLE_ARN: accessRoleArn,
      ADOBE_TOKEN_VAULT_TABLE: 'AccessTokens-1',
    });
  });

  it('returns the environment variables that a container needs', () => {
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

  it('may be created for several sets of connections in one account, and only for an account', () => {
    const { vault } = bench.vaultStack();
    vault.accessRoleFor('444455556666', FENCE);

    expect(() => vault.accessRoleFor('444455556666', { connections: 'beta.*' })).not.toThrow();
    expect(() => vault.accessRoleFor('*', FENCE)).toThrow('is not the id of an AWS account');
    expect(() => vault.accessRoleFor('444455556666', { connections: 'acme*' })).toThrow('is not a pattern');
  });
});
