import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type App, NestedStack, Stack, Validations } from 'aws-cdk-lib';
import { Annotations, Match } from 'aws-cdk-lib/assertions';
import { Group, type IGrantable, Role, ServicePrincipal, User } from 'aws-cdk-lib/aws-iam';
import { type Alias, Code, Function as LambdaFunction, Runtime } from 'aws-cdk-lib/aws-lambda';
import { AwsSolutionsChecks } from 'cdk-nag';
import type { Construct } from 'constructs';
import { afterAll, describe, expect, it } from 'vitest';
import { TokenVault } from '../../lib/constructs/token-vault.ts';
import type { TokenVaultGrants } from '../../lib/iam/token-vault-grants.ts';
import { complaintsAboutApp } from '../support/synth/assembly-checks.ts';
import { asObject, type RawTemplate, statementsIn, templateReader } from '../support/synth/template.ts';
import { TEST_SETTINGS } from '../support/synth/test-settings.ts';
import { createVaultBench } from '../support/synth/vault-bench.ts';

const bench = await createVaultBench();
afterAll(() => bench.dispose());

const FENCE = { connections: 'acme.*' };
const ATTRIBUTES = {
  apiId: 'abc123',
  apiUrl: 'https://vault.acme.example',
  accessTokensTableName: 'AccessTokens-1',
  accessKeyArn: 'arn:aws:kms:eu-west-1:111122223333:key/access-1',
  clientId: 'test-client-id',
};
const HERE = { account: '111122223333', region: 'eu-west-1' };

function vaultIn(scope: Construct, id = 'Vault'): TokenVault {
  return new TokenVault(scope, id, { settings: TEST_SETTINGS, functionBundles: bench.functionBundles });
}

function functionIn(scope: Construct, id = 'Consumer'): LambdaFunction {
  return new LambdaFunction(scope, id, {
    code: Code.fromInline('exports.handler = async () => {};'),
    handler: 'index.handler',
    runtime: Runtime.NODEJS_24_X,
    role: new Role(scope, `${id}Role`, { assumedBy: new ServicePrincipal('lambda.amazonaws.com') }),
  });
}

function readTemplateOf(stack: Stack, directory: string): unknown {
  return JSON.parse(readFileSync(join(directory, stack.templateFile), 'utf8'));
}

describe('a vault in a nested stack', () => {
  it('is named after the top-level stack, whatever else the stack holds', () => {
    const names = [0, 3].map((others) => {
      const stack = new Stack(bench.emptyApp(), 'Photos');
      for (let n = 0; n < others; n += 1) new User(stack, `Other${n}`);
      return vaultIn(new NestedStack(stack, 'Adobe')).vaultName;
    });

    expect(names).toEqual(['Photos-Adobe', 'Photos-Adobe']);
  });

  it('leaves no unresolved value in a template', () => {
    const app = bench.emptyApp();
    vaultIn(new NestedStack(new Stack(app, 'Photos'), 'Adobe'));

    expect(complaintsAboutApp(app.synth().directory)).toEqual([]);
  });
});

describe('a grant reaches a consumer', () => {
  it.each<[string, (app: App) => { vault: TokenVaultGrants; consumer: LambdaFunction }]>([
    [
      'in a nested stack of the stack of the vault',
      (app) => {
        const stack = new Stack(app, 'Photos');
        return { vault: vaultIn(stack), consumer: functionIn(new NestedStack(stack, 'Team')) };
      },
    ],
    [
      'in the parent of the nested stack of the vault',
      (app) => {
        const stack = new Stack(app, 'Photos');
        return { vault: vaultIn(new NestedStack(stack, 'Adobe')), consumer: functionIn(stack) };
      },
    ],
    [
      'in a nested stack next to the nested stack of the vault',
      (app) => {
        const stack = new Stack(app, 'Photos');
        return {
          vault: vaultIn(new NestedStack(stack, 'Adobe')),
          consumer: functionIn(new NestedStack(stack, 'Team')),
        };
      },
    ],
    [
      'in another stack than the parent of the nested stack of the vault',
      (app) => ({
        vault: vaultIn(new NestedStack(new Stack(app, 'Photos'), 'Adobe')),
        consumer: functionIn(new Stack(app, 'Team')),
      }),
    ],
    [
      'in another Region with cross-Region references',
      (app) => ({
        vault: vaultIn(new Stack(app, 'Photos', { env: HERE, crossRegionReferences: true })),
        consumer: functionIn(
          new Stack(app, 'Team', { env: { ...HERE, region: 'us-east-1' }, crossRegionReferences: true }),
        ),
      }),
    ],
  ])('%s', (_where, build) => {
    const app = bench.emptyApp();
    const { vault, consumer } = build(app);
    vault.grantAccessTokens(consumer, FENCE);
    vault.grantConsents(consumer, FENCE);

    Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
    const assembly = app.synth();
    expect(complaintsAboutApp(assembly.directory)).toEqual([]);
    const template = JSON.stringify(readTemplateOf(Stack.of(consumer), assembly.directory));
    for (const name of ['URL', 'REGION', 'TABLE', 'KEY_ARN', 'CLIENT_ID']) {
      expect(template).toContain(`"ADOBE_TOKEN_VAULT_${name}"`);
    }
    for (const action of ['execute-api:Invoke', 'dynamodb:GetItem', 'kms:Decrypt']) {
      expect(template).toContain(`"${action}"`);
    }
  });

  it('in another Region names the Region of the vault', () => {
    const app = bench.emptyApp();
    const vault = vaultIn(new Stack(app, 'Photos', { env: HERE, crossRegionReferences: true }));
    const team = new Stack(app, 'Team', {
      env: { ...HERE, region: 'us-east-1' },
      crossRegionReferences: true,
    });
    vault.grantAccessTokens(functionIn(team), FENCE);

    const template = JSON.stringify(readTemplateOf(team, app.synth().directory));
    expect(template).toContain('"ADOBE_TOKEN_VAULT_REGION":"eu-west-1"');
    expect(template).not.toContain('Fn::ImportValue');
    expect(template).toContain(':execute-api:eu-west-1:111122223333:');
  });
});

describe('a vault of another app', () => {
  it('in another account needs the role that was created for this account', () => {
    const stack = new Stack(bench.emptyApp(), 'Team', {
      env: { account: '444455556666', region: 'eu-west-1' },
    });

    expect(() => TokenVault.fromAttributes(stack, 'Vault', ATTRIBUTES)).toThrow(
      "create one there with accessRoleFor('444455556666', …)",
    );
    const accessRoleArn = 'arn:aws:iam::111122223333:role/access';
    expect(() => TokenVault.fromAttributes(stack, 'Other', { ...ATTRIBUTES, accessRoleArn })).not.toThrow();
  });

  it('in another Region is called in its own', () => {
    const stack = new Stack(bench.emptyApp(), 'Team', { env: { ...HERE, region: 'us-east-1' } });
    const vault = TokenVault.fromAttributes(stack, 'Vault', ATTRIBUTES);

    expect(vault.clientEnvironment.ADOBE_TOKEN_VAULT_REGION).toBe('eu-west-1');
  });
});

describe('a grant takes every grantee of the CDK', () => {
  it.each<[string, (stack: Stack) => IGrantable]>([
    [
      'a role',
      (stack) => new Role(stack, 'Task', { assumedBy: new ServicePrincipal('ecs-tasks.amazonaws.com') }),
    ],
    [
      'a role of this account by its ARN',
      (stack) => Role.fromRoleArn(stack, 'Task', 'arn:aws:iam::111122223333:role/task'),
    ],
    ['a user', (stack) => new User(stack, 'Task')],
    ['a group', (stack) => new Group(stack, 'Task')],
    ['an alias', (stack) => aliasIn(stack)],
    ['a function with a role, by its ARN', (stack) => importedFunction(stack)],
  ])('%s', (_what, grantee) => {
    const app = bench.emptyApp();
    const stack = new Stack(app, 'Photos', { env: HERE });
    vaultIn(stack).grantAccessTokens(grantee(stack), FENCE);
    const template = JSON.stringify(readTemplateOf(stack, app.synth().directory));

    expect(template).toContain('/$default/GET/access-tokens/acme.*');
    Annotations.fromStack(stack).hasNoWarning('*', Match.stringLikeRegexp('token vault'));
  });

  it('an alias, whose function gets the environment', () => {
    const app = bench.emptyApp();
    const stack = new Stack(app, 'Photos');
    const alias = aliasIn(stack);
    vaultIn(stack).grantAccessTokens(alias, FENCE);

    expect(JSON.stringify(readTemplateOf(stack, app.synth().directory))).toContain(
      '"ADOBE_TOKEN_VAULT_TABLE"',
    );
  });

  it('a function of a second copy of the CDK, by its shape', () => {
    const variables = new Map<string, string>();
    const stack = new Stack(bench.emptyApp(), 'Photos');
    const { grantPrincipal } = new Role(stack, 'Role', {
      assumedBy: new ServicePrincipal('lambda.amazonaws.com'),
    });
    const foreign = {
      grantPrincipal,
      addEnvironment: (name: string, value: string) => variables.set(name, value),
    };
    vaultIn(stack).grantAccessTokens(foreign, FENCE);

    expect([...variables.keys()]).toContain('ADOBE_TOKEN_VAULT_URL');
  });

  it('and warns for a role that is imported as immutable, which keeps its policies', () => {
    const stack = new Stack(bench.emptyApp(), 'Photos', { env: HERE });
    const arn = 'arn:aws:iam::111122223333:role/task';
    vaultIn(stack).grantAccessTokens(Role.fromRoleArn(stack, 'Task', arn, { mutable: false }), FENCE);

    Annotations.fromStack(stack).hasWarning('*', Match.stringLikeRegexp('added nothing to Photos/Task'));
    Annotations.fromStack(stack).hasWarning('*', Match.stringLikeRegexp('execute-api:Invoke'));
  });

  it('and warns for an imported function: the app sets neither its environment nor, without its role, its policy', () => {
    const stack = new Stack(bench.emptyApp(), 'Photos', { env: HERE });
    const vault = vaultIn(stack);
    vault.grantAccessTokens(importedFunction(stack), FENCE);
    vault.grantAccessTokens(LambdaFunction.fromFunctionName(stack, 'Named', 'task'), FENCE);

    for (const path of ['/Photos/Task', '/Photos/Named']) {
      const cannotSet = `cannot set the environment of ${path.slice(1)}. Put the variables of vault.clientEnvironment`;
      Annotations.fromStack(stack).hasWarning(path, Match.stringLikeRegexp(cannotSet));
    }
    const statement = 'Add this statement there: .*"Action":"execute-api:Invoke"';
    Annotations.fromStack(stack).hasWarning('/Photos/Named', Match.stringLikeRegexp(statement));
    Annotations.fromStack(stack).hasNoWarning('/Photos/Task', Match.stringLikeRegexp('added nothing'));
  });
});

/** The policies of a consumer with a grant over this number of tenants. */
function policiesFor(tenants: number) {
  const app = bench.emptyApp();
  const stack = new Stack(app, 'Photos');
  const connections = Array.from({ length: tenants }, (_, n) => `tenant${n}.*`);
  vaultIn(stack).grantAccessTokens(functionIn(stack), { connections });
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
  return templateReader(readTemplateOf(stack, app.synth().directory) as RawTemplate)
    .resources.filter(
      ({ logicalId, type }) => logicalId.startsWith('ConsumerRole') && type.endsWith('Policy'),
    )
    .map(({ type, properties }) => ({
      type,
      statements: statementsIn(properties.PolicyDocument),
      characters: deployedCharacters(properties.PolicyDocument),
    }));
}

const DEPLOYED: Readonly<Record<string, string>> = {
  'AWS::Partition': 'aws-us-gov',
  'AWS::Region': 'ap-southeast-1',
  'AWS::AccountId': '111122223333',
};

/** The longest that IAM may count once the references are resolved. */
function deployedCharacters(document: unknown): number {
  const resolved = JSON.stringify(document, (_key, value: unknown) => {
    const { Ref, 'Fn::GetAtt': attribute, 'Fn::Join': join } = asObject(value);
    if (typeof Ref === 'string') return DEPLOYED[Ref] ?? 'abcdefghij';
    if (attribute !== undefined) return 'x'.repeat(100);
    return join === undefined ? value : { join };
  });
  return resolved.replace(/\{"join":\["",\[|\]\]\}|","/g, '').length;
}

describe('a grant over many tenants', () => {
  it('is three statements for a few of them, and fits into the policies of a role for 120', () => {
    const sizes = new Map([3, 120].map((count) => [count, policiesFor(count)]));

    expect(sizes.get(3)?.flatMap(({ statements }) => statements)).toHaveLength(3);
    const many = sizes.get(120) ?? [];
    expect(JSON.stringify(many)).toContain('tenant119.*');
    // IAM's quotas: 10,240 characters in the policies within a role, 6,144 in each of 10 managed ones.
    for (const { type, characters } of many) {
      expect(characters).toBeLessThan(type === 'AWS::IAM::Policy' ? 10_240 : 6_144);
    }
    expect(many.length - 1).toBeLessThanOrEqual(10);
  });

  it('names at least one', () => {
    const stack = new Stack(bench.emptyApp(), 'Photos');

    expect(() => vaultIn(stack).grantStatus(functionIn(stack), { connections: [] })).toThrow(
      'at least one pattern',
    );
  });
});

describe('the role for another account', () => {
  it('has a short path for many connections: IAM limits the description of each policy that holds a part of them', () => {
    const connections = Array.from({ length: 120 }, (_, n) => `tenant${n}.*`);
    const vault = vaultIn(new Stack(bench.emptyApp(), 'Photos'));

    expect(vault.accessRoleFor('444455556666', { connections }).node.id.length).toBeLessThan(100);
    expect(vault.accessRoleFor('444455556666', { connections: connections.toReversed() })).toBe(
      vault.accessRoleFor('444455556666', { connections }),
    );
  });

  it('is known by name to a stack of that account in the same app', () => {
    const app = bench.emptyApp();
    const role = vaultIn(new Stack(app, 'Photos', { env: HERE })).accessRoleFor('444455556666', FENCE);
    const team = new Stack(app, 'Team', { env: { ...HERE, account: '444455556666' } });
    const attributes = { ...ATTRIBUTES, accessRoleArn: role.roleArn };
    TokenVault.fromAttributes(team, 'Vault', attributes).grantAccessTokens(functionIn(team), FENCE);

    const template = JSON.stringify(readTemplateOf(team, app.synth().directory));
    expect(template).toMatch(/"sts:AssumeRole"[^}]*"Resource":.*:iam::111122223333:role\/photos/);
  });

  it('is made once for the same connections', () => {
    const vault = vaultIn(new Stack(bench.emptyApp(), 'Photos'));

    expect(vault.accessRoleFor('444455556666', FENCE)).toBe(vault.accessRoleFor('444455556666', FENCE));
  });
});

function aliasIn(stack: Stack): Alias {
  return functionIn(stack).addAlias('live');
}

function importedFunction(stack: Stack): IGrantable {
  return LambdaFunction.fromFunctionAttributes(stack, 'Task', {
    functionArn: 'arn:aws:lambda:eu-west-1:111122223333:function:task',
    role: Role.fromRoleArn(stack, 'TaskRole', 'arn:aws:iam::111122223333:role/task'),
    sameEnvironment: true,
  });
}
