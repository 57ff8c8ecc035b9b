import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { App, Stack } from 'aws-cdk-lib';
import { Code, Function as LambdaFunction, Runtime } from 'aws-cdk-lib/aws-lambda';
import { afterAll, afterEach, describe, expect, it, vi } from 'vitest';
import cdk from '../../cdk.json' with { type: 'json' };
import * as client from '../../client/index.ts';
import { AskAgainStack } from '../../examples/ask-again/ask-again-stack.ts';
import { CatalogStack } from '../../examples/lightroom-catalog/catalog-stack.ts';
import { ManyTenantsStack } from '../../examples/many-tenants/many-tenants-stack.ts';
import { GuestStack } from '../../examples/other-account/consumer-account.ts';
import { SharingVaultStack } from '../../examples/other-account/vault-account.ts';
import { WorkflowStack } from '../../examples/step-functions/workflow-stack.ts';
import { TwoVaultsStack } from '../../examples/two-vaults/two-vaults-stack.ts';
import { TokenVault } from '../../lib/constructs/token-vault.ts';
import { asArray, asObject, type TemplateReader } from '../support/synth/template.ts';
import { TEST_SETTINGS } from '../support/synth/test-settings.ts';
import { createVaultBench, templateOf } from '../support/synth/vault-bench.ts';
import { guarded, withAdobe } from '../unit/examples/adobe-and-vault.ts';

const VAULT_ACCOUNT = '111122223333';
const GUEST_ACCOUNT = '444455556666';
const VAULT_ATTRIBUTES = {
  apiId: 'abc123',
  apiUrl: 'https://abc123.execute-api.eu-west-1.amazonaws.com',
  accessTokensTableName: 'AccessTokens-1',
  accessKeyArn: `arn:aws:kms:eu-west-1:${VAULT_ACCOUNT}:key/access-1`,
  clientId: 'test-client-id',
};

const bench = await createVaultBench();
const { functionBundles } = bench;

afterAll(() => bench.dispose());
afterEach(() => {
  vi.unstubAllEnvs();
  vi.unstubAllGlobals();
});

/** An app whose Lambdas go unbundled: enough for a question to the template. */
function unbundledApp(): App {
  return new App({
    outdir: bench.newOutdir(),
    context: { ...cdk.context, 'aws:cdk:bundling-stacks': [] },
  });
}

function actionsOf(template: TemplateReader, rolePart: string) {
  return template
    .statementsOf(template.one('AWS::IAM::Role', rolePart))
    .flatMap(({ Action }) => Action)
    .toSorted();
}

describe('the Lightroom example', () => {
  it('deploys a Lambda that is fenced to one tenant, and whose bundle runs by itself', async () => {
    const app = bench.emptyApp();
    const stack = new CatalogStack(app, 'Catalogs', { settings: TEST_SETTINGS, functionBundles });

    const template = templateOf(stack);

    expect(actionsOf(template, 'ReaderServiceRole')).toEqual([
      'dynamodb:BatchGetItem',
      'dynamodb:GetItem',
      'execute-api:Invoke',
      'kms:Decrypt',
    ]);
    const { S3Key } = asObject(template.one('AWS::Lambda::Function', 'Reader').properties.Code);
    const bundle = join(app.outdir, `asset.${String(S3Key).replace('.zip', '')}`, 'index.js');
    const { atAdobe } = withAdobe(guarded({ id: 'catalog-1' }));
    const { handler } = createRequire(import.meta.url)(bundle);
    expect(await handler({ connectionId: 'acme.user-42' })).toEqual({ id: 'catalog-1' });
    expect(atAdobe).toHaveLength(1);
  });
});

describe('the Step Functions example', () => {
  it('retries temporary errors, and leaves to the user what only the user can fix', () => {
    const app = unbundledApp();
    const { vault } = bench.vaultStack({}, { app });
    const template = templateOf(new WorkflowStack(app, 'Workflow', { vault }));

    const machine = template.one('AWS::StepFunctions::StateMachine').properties;
    const definition = JSON.parse(template.text(machine.DefinitionString));
    const { Retry, Catch } = definition.States.Catalog;

    const named = [...Retry, ...Catch].flatMap(({ ErrorEquals }) => ErrorEquals as string[]);
    const ours = named.filter((name) => !name.startsWith('Lambda.'));
    expect(ours.filter((name) => !(name in client))).toEqual([]);
    expect(Retry).toContainEqual(
      expect.objectContaining({ ErrorEquals: ['TemporarilyUnavailableError', 'VaultUnreachableError'] }),
    );
    expect(Catch).toEqual([
      expect.objectContaining({ ErrorEquals: expect.arrayContaining(['ReauthorizationRequiredError']) }),
    ]);
  });
});

describe('the example of another account', () => {
  const account = (id: string) => ({ env: { account: id, region: 'eu-west-1' } });

  it('lets the other account assume a role that gets access tokens of one tenant', () => {
    const template = templateOf(
      new SharingVaultStack(bench.emptyApp(), 'Vault', {
        ...account(VAULT_ACCOUNT),
        settings: TEST_SETTINGS,
        functionBundles,
        consumerAccountId: GUEST_ACCOUNT,
      }),
    );

    const role = template.one('AWS::IAM::Role', 'AccessFor');
    expect(JSON.stringify(role.properties.AssumeRolePolicyDocument)).toContain(GUEST_ACCOUNT);
    expect(actionsOf(template, 'AccessFor')).toContain('kms:Decrypt');
    expect(Object.keys(template.outputs)).toContain('AccessRoleArn');
  });

  it('gives the Lambda there only that role', () => {
    const accessRoleArn = `arn:aws:iam::${VAULT_ACCOUNT}:role/access-for-guest`;
    const template = templateOf(
      new GuestStack(unbundledApp(), 'Guest', {
        ...account(GUEST_ACCOUNT),
        vaultAttributes: { ...VAULT_ATTRIBUTES, accessRoleArn },
      }),
    );

    const statements = template.statementsOf(template.one('AWS::IAM::Role', 'ReaderServiceRole'));
    expect(statements).toEqual([{ Effect: 'Allow', Action: 'sts:AssumeRole', Resource: accessRoleArn }]);
    const { Variables } = asObject(template.one('AWS::Lambda::Function', 'Reader').properties.Environment);
    expect(Variables).toMatchObject({ ADOBE_TOKEN_VAULT_ROLE_ARN: accessRoleArn });
  });
});

describe('the example of two vaults', () => {
  it('gives the Lambda the variables of both, under the names that its clients read', () => {
    const app = unbundledApp();
    const stack = new Stack(app, 'Team', { env: { account: VAULT_ACCOUNT, region: 'eu-west-1' } });
    const vault = (id: string) => TokenVault.fromAttributes(stack, id, VAULT_ATTRIBUTES);
    const template = templateOf(
      new TwoVaultsStack(app, 'Reader', {
        photos: vault('Photos'),
        films: vault('Films'),
        env: { account: VAULT_ACCOUNT, region: 'eu-west-1' },
      }),
    );

    const { Variables } = asObject(template.one('AWS::Lambda::Function', 'Reader').properties.Environment);
    for (const name of ['URL', 'PARTS', 'FILMS_URL', 'FILMS_PARTS']) {
      expect(Variables).toHaveProperty(`ADOBE_TOKEN_VAULT_${name}`);
    }
  });
});

describe('the example of a function for many tenants', () => {
  it('may assume the role for tenants, and nothing else of the vault', () => {
    const app = bench.emptyApp();
    const { vault } = bench.vaultStack({}, { app });
    const template = templateOf(new ManyTenantsStack(app, 'Team', { vault }));

    const roles = template.ofType('AWS::IAM::Role').map((role) => template.statementsOf(role));
    const actions = roles.map((statements) => statements.flatMap(({ Action }) => Action).sort());
    expect(actions).toContainEqual(['sts:AssumeRole', 'sts:TagSession']);
    expect(actions).toContainEqual([
      'dynamodb:BatchGetItem',
      'dynamodb:GetItem',
      'execute-api:Invoke',
      'kms:Decrypt',
    ]);
  });
});

describe('the example of a rule', () => {
  it('listens to events that the vault publishes, of one tenant', () => {
    const app = bench.emptyApp();
    const { vault } = bench.vaultStack({}, { app });
    const askTheUser = new LambdaFunction(new Stack(app, 'Team'), 'AskTheUser', {
      code: Code.fromInline('exports.handler = async () => {};'),
      handler: 'index.handler',
      runtime: Runtime.NODEJS_24_X,
    });
    const template = templateOf(new AskAgainStack(app, 'AskAgain', { vault, askTheUser }));

    const pattern = asObject(template.one('AWS::Events::Rule').properties.EventPattern);
    const schema = readFileSync(new URL('../../docs/events.schema.json', import.meta.url), 'utf8');
    const published: readonly { properties: { 'detail-type': { const: string } } }[] =
      JSON.parse(schema).oneOf;
    const types = published.map(({ properties }) => properties['detail-type'].const);
    expect(asArray(pattern['detail-type']).length).toBeGreaterThan(0);
    expect(asArray(pattern['detail-type']).filter((type) => !types.includes(String(type)))).toEqual([]);
    expect(pattern.detail).toMatchObject({ connectionId: [{ prefix: 'acme.' }] });
  });
});
