import { type App, Stack } from 'aws-cdk-lib';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Code, Function as LambdaFunction, Runtime } from 'aws-cdk-lib/aws-lambda';
import { PARTS_VARIABLE, VAULT_VARIABLES, variableName } from '../../client/vault-variables.ts';
import { perTenant } from '../../lib/iam/tenant-fence.ts';
import type { TokenVaultGrants } from '../../lib/iam/token-vault-grants.ts';
import type { VaultCaller } from '../../lib/iam/vault-caller.ts';
import { TokenVaultStack } from '../../lib/token-vault-stack.ts';
import { readCloudAssembly } from '../../local/template/cloud-assembly.ts';
import { type Deployment, planDeployment, resourcesOfType } from '../../local/template/deployment.ts';
import { DOCUMENTED_SETTINGS } from './permissions-page.ts';
import { wrapProse } from './wrap-prose.ts';

const FENCE = { connections: 'acme.*' };
/** A function with a grant of `perTenant()`. */
const POOLED = 'pooled';
const CONSUMER_ACCOUNT = '444455556666';
const PLACE = {
  accountId: '111122223333',
  region: 'eu-west-1',
  partition: 'aws',
  urlSuffix: 'amazonaws.com',
};

interface DocumentedGrant {
  readonly give: (vault: TokenVaultGrants, caller: VaultCaller) => unknown;
  readonly means: string;
}

/** One for each grant of the construct. A test compares the names. */
export const DOCUMENTED_GRANTS: Readonly<Record<string, DocumentedGrant>> = {
  grantAccessTokens: {
    give: (vault, caller) => vault.grantAccessTokens(caller, FENCE),
    means:
      'Get access tokens: the client reads stored tokens directly, and asks the vault for the others. With only the first statement, the client always asks over HTTPS. In that case, leave out the variables of the table and the key.',
  },
  grantConsents: {
    give: (vault, caller) => vault.grantConsents(caller, FENCE),
    means: 'Connect users: `openConsent` and `redeemConsent`.',
  },
  grantSignIns: {
    give: (vault, caller) => vault.grantSignIns(caller),
    means: 'Redeem the codes of plain sign-ins: `redeemSignIn`.',
  },
  grantStatus: {
    give: (vault, caller) => vault.grantStatus(caller, FENCE),
    means: 'Read the state of connections: `status`.',
  },
  grantDisconnect: {
    give: (vault, caller) => vault.grantDisconnect(caller, FENCE),
    means: 'Disconnect users: `disconnect`.',
  },
  grantRevokeAccessTokens: {
    give: (vault, caller) => vault.grantRevokeAccessTokens(caller, FENCE),
    means: 'Invalidate cached access tokens. The grant at Adobe stays.',
  },
  grantOperate: {
    give: (vault, caller) => vault.grantOperate(caller),
    means: 'For operators, over all tenants: list, rotate now, erase. No access to tokens.',
  },
  grantImport: {
    give: (vault, caller) => vault.grantImport(caller),
    means: 'Import refresh tokens of another system. Remove this after the migration.',
  },
};

/** Variables that none of the documented grants sets. */
const SET_BY_OTHERS: Readonly<Partial<Record<string, string>>> = {
  ROLE_ARN: 'every grant with `accessRoleArn`',
  TENANT_ROLE_ARN: 'every grant of `perTenant()`',
};

interface VariableWords {
  readonly shape: string;
  readonly example: string;
  readonly needed: string;
}

const VARIABLES: Readonly<Record<(typeof VAULT_VARIABLES)[number] | typeof PARTS_VARIABLE, VariableWords>> = {
  URL: {
    shape: 'https URL without a path',
    example: 'https://abc123.execute-api.eu-west-1.amazonaws.com',
    needed: 'always',
  },
  REGION: { shape: 'AWS Region of the vault', example: 'eu-west-1', needed: 'with a custom domain' },
  TABLE: {
    shape: 'name of a DynamoDB table',
    example: 'AdobeTokenVault-AccessTokens1A2B',
    needed: 'direct read',
  },
  KEY_ARN: {
    shape: 'ARN of a KMS key',
    example: 'arn:aws:kms:eu-west-1:111122223333:key/1a2b…',
    needed: 'direct read',
  },
  CLIENT_ID: { shape: 'client id of the Adobe credential', example: '0a1b2c3d…', needed: 'direct read' },
  ROLE_ARN: {
    shape: 'ARN of an IAM role',
    example: 'arn:aws:iam::111122223333:role/access',
    needed: 'another account',
  },
  TENANT_ROLE_ARN: {
    shape: 'ARN of an IAM role',
    example: 'arn:aws:iam::111122223333:role/tenants',
    needed: '`forTenant`',
  },
  PARTS: {
    shape: 'the other variables as `NAME=value`, with a space in between',
    example: 'URL=https://… REGION=eu-west-1 …',
    needed: 'direct read, another account, `forTenant`',
  },
};

const HEAD = `# A consumer without the CDK

\`npm run docs\` generates this page from the synthesised template. A test fails when it is stale. Use it to give an application access with CloudFormation, Terraform or by hand. With the CDK, use a [grant](../guides/consuming.md#what-a-grant-gives) instead.

Replace what is in angle brackets:

* \`<ApiId>\`, \`<ApiUrl>\`, \`<AccessTokensTableName>\`, \`<AccessKeyArn>\`, \`<ClientId>\` and \`<ClientParts>\` are outputs of the vault's stack. If the vault is in a stack of your own, their names begin with the id of the vault, such as \`VaultApiId\`.
* \`<Region>\` and \`<Account>\` are those of the vault. In China and GovCloud, also replace \`aws\` after \`arn:\`.
* \`acme.*\` stands for the connections: one id, a tenant with its dot, \`adobe-*\` for plain sign-ins, or \`*\` for all. To allow several, use a list in each place.
`;

/**
 * Renders the statements of each grant, and the client's environment variables, as a deployment of this app would resolve
 * them. The values of outputs stand as the names of the outputs.
 */
export function consumerPage(app: App, functionBundles?: string): string {
  const stack = new TokenVaultStack(app, 'AdobeTokenVault', {
    settings: DOCUMENTED_SETTINGS,
    ...(functionBundles !== undefined && { functionBundles }),
  });
  const team = new Stack(app, 'Team');
  for (const [name, { give }] of Object.entries(DOCUMENTED_GRANTS)) give(stack.vault, functionIn(team, name));
  stack.vault.grantAccessTokens(functionIn(team, POOLED), { connections: perTenant() });
  stack.vault.accessRoleFor(CONSUMER_ACCOUNT, FENCE);
  app.synth();
  const deployment = planDeployment(readCloudAssembly(app.outdir), { place: PLACE });
  const named = namesOfOutputs(deployment);

  const grants = Object.entries(DOCUMENTED_GRANTS).map(
    ([name, { means }]) => `### ${name}\n\n${means}\n\n${policyOf(deployment, `${name}Role`, named)}\n`,
  );
  const variables = variableRows(deployment, named);
  return wrapProse(
    [
      HEAD,
      `## Permissions\n`,
      ...grants,
      tenantFence(deployment, named),
      `${anotherAccount(deployment, named)}\n`,
      variables,
    ].join('\n'),
  );
}

function functionIn(stack: Stack, name: string): LambdaFunction {
  return new LambdaFunction(stack, name, {
    code: Code.fromInline('exports.handler = async () => {};'),
    handler: 'index.handler',
    runtime: Runtime.NODEJS_24_X,
    role: new Role(stack, `${name}Role`, { assumedBy: new ServicePrincipal('lambda.amazonaws.com') }),
  });
}

type Named = (text: string) => string;

/** Longest first: the URL holds the id of the API, and the parts hold all. */
function namesOfOutputs({ stacks }: Deployment): Named {
  const outputs = stacks.find(({ stackName }) => stackName === 'AdobeTokenVault')?.outputs ?? {};
  const names = ['ApiId', 'ApiUrl', 'AccessTokensTableName', 'AccessKeyArn', 'ClientId', 'ClientParts'];
  const pairs = [
    ...names.map((name): [string, string] => [outputs[name] ?? name, `<${name}>`]),
    [PLACE.region, '<Region>'] as const,
    [PLACE.accountId, '<Account>'] as const,
  ].sort(([one], [other]) => other.length - one.length);
  return (text) => pairs.reduce((result, [value, name]) => result.replaceAll(value, name), text);
}

interface Policy {
  readonly Roles?: readonly string[];
  readonly PolicyDocument: object;
}

function policyOf(deployment: Deployment, rolePart: string, named: Named): string {
  const documents = resourcesOfType(deployment, 'AWS::IAM::Policy')
    .filter(({ logicalId }) => logicalId.startsWith(rolePart))
    .map(({ properties }) => (properties as unknown as Policy).PolicyDocument);
  const [document, ...others] = documents;
  if (document === undefined || others.length > 0)
    throw new Error(`${rolePart} has ${documents.length} policies.`);
  return jsonBlock({ Version: '2012-10-17', ...document }, named);
}

function jsonBlock(value: unknown, named: Named): string {
  return `\`\`\`json\n${named(JSON.stringify(value, null, 2))}\n\`\`\``;
}

function tenantFence(deployment: Deployment, everyName: Named): string {
  const role = resourcesOfType(deployment, 'AWS::IAM::Role').find(({ logicalId }) =>
    logicalId.startsWith(`${POOLED}RoleTokenVaultTenants`),
  );
  const consumer = resourcesOfType(deployment, 'AWS::IAM::Role').find(
    ({ logicalId }) => logicalId.startsWith(`${POOLED}Role`) && logicalId !== role?.logicalId,
  );
  const named: Named = (text) =>
    everyName(
      text
        .replaceAll(role?.identity.attributes.Arn ?? '', '<TenantRoleArn>')
        .replaceAll(consumer?.identity.attributes.Arn ?? '', '<ConsumerRoleArn>'),
    );
  return [
    '### perTenant',
    'For a consumer that serves many tenants ([the fence](../guides/consuming.md#one-function-for-many-tenants)). It assumes a role with the tag of one tenant. The role has this trust policy:',
    jsonBlock(role?.properties.AssumeRolePolicyDocument, named),
    'For `grantAccessTokens`, the role has these statements. For another grant, put the same variable in place of the tenant:',
    policyOf(deployment, `${POOLED}RoleTokenVaultTenants`, named),
    'The consumer itself has this statement:',
    `${policyOf(deployment, `${POOLED}RoleDefaultPolicy`, named)}\n`,
  ].join('\n\n');
}

function anotherAccount(deployment: Deployment, named: Named): string {
  const role = resourcesOfType(deployment, 'AWS::IAM::Role').find(({ logicalId }) =>
    logicalId.includes(`AccessFor${CONSUMER_ACCOUNT}`),
  );
  const trust = jsonBlock(role?.properties.AssumeRolePolicyDocument, named).replaceAll(
    CONSUMER_ACCOUNT,
    '<ConsumerAccount>',
  );
  const assume = {
    Version: '2012-10-17',
    Statement: [{ Effect: 'Allow', Action: 'sts:AssumeRole', Resource: '<AccessRoleArn>' }],
  };
  return [
    '### accessRoleFor',
    'For a consumer in another account: an HTTP API has no resource policy, so the consumer assumes a role in the account of the vault. The role has the statements of `grantAccessTokens` and this trust policy:',
    trust,
    'The consumer has this statement. `<AccessRoleArn>` is the ARN of that role.',
    jsonBlock(assume, (text) => text),
  ].join('\n\n');
}

/** Which grants set which variable, and to which output, is read from the functions. */
function variableRows(deployment: Deployment, named: Named): string {
  const functions = resourcesOfType(deployment, 'AWS::Lambda::Function');
  const environmentOf = (grant: string) => {
    const found = functions.find(
      ({ logicalId }) => logicalId.startsWith(grant) && !logicalId.includes('Role'),
    );
    const { Variables = {} } = (found?.properties.Environment ?? {}) as {
      Variables?: Record<string, string>;
    };
    return Variables;
  };
  const grants = Object.keys(DOCUMENTED_GRANTS);
  const rows = ([...VAULT_VARIABLES, PARTS_VARIABLE] as const).map((variable) => {
    const name = variableName(variable, undefined);
    const setBy = grants.filter((grant) => name in environmentOf(grant));
    const value =
      variable === 'TENANT_ROLE_ARN'
        ? '<TenantRoleArn>'
        : named(environmentOf('grantAccessTokens')[name] ?? '<AccessRoleArn>');
    const { shape, example, needed } = VARIABLES[variable];
    const by =
      setBy.length === grants.length
        ? 'every grant'
        : setBy.map((grant) => `\`${grant}\``).join(', ') || SET_BY_OTHERS[variable] || '';
    return `| \`${name}\` | ${by} | ${needed} | ${shape} | \`${value}\` | \`${example}\` |`;
  });
  return [
    '## Environment variables',
    'The client reads these variables. If only the first is set, the client always asks over HTTPS.',
    `| name | set by | needed for | shape | value | example |\n| --- | --- | --- | --- | --- | --- |\n${rows.join('\n')}`,
    'Before it sends a request, the client checks that all variables belong to one vault. If not, it throws `client_environment`. `ADOBE_TOKEN_VAULT_PARTS` must repeat each of the others. To use only HTTPS, leave out the table, the key and `PARTS`. From another account, append ` ROLE_ARN=<AccessRoleArn>` to `PARTS`. For `perTenant`, append ` TENANT_ROLE_ARN=<TenantRoleArn>`.',
    'With Terraform, for a direct read in the account and Region of the vault:',
    terraformOf(environmentOf('grantAccessTokens'), named),
    "For a further vault, put its name into each variable, such as `ADOBE_TOKEN_VAULT_FILMS_URL`. `createTokenClient({ vault: 'films' })` reads those. The names within `PARTS` stay as they are.",
    '',
  ].join('\n\n');
}

/** Outputs under their names; `eu-west-1` and the like as they are. */
function terraformOf(variables: Readonly<Record<string, string>>, named: Named): string {
  const stack = 'data.aws_cloudformation_stack.vault';
  const longest = Math.max(...Object.keys(variables).map(({ length }) => length));
  const lines = Object.entries(variables).map(([name, value]) => {
    const [, output] = /^<(\w+)>$/.exec(named(value)) ?? [];
    const isOutput = output !== undefined && value !== PLACE.region;
    return `      ${name.padEnd(longest)} = ${isOutput ? `${stack}.outputs["${output}"]` : JSON.stringify(value)}`;
  });
  return [
    '```hcl',
    'data "aws_cloudformation_stack" "vault" {\n  name = "AdobeTokenVault"\n}\n',
    'resource "aws_lambda_function" "reader" {\n  # …\n  environment {\n    variables = {',
    ...lines,
    '    }\n  }\n}',
    '```',
  ].join('\n');
}
