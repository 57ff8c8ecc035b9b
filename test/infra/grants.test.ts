import { Stack } from 'aws-cdk-lib';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { afterAll, describe, expect, it } from 'vitest';
import { API_ROUTES } from '../../lib/constructs/api-routes.ts';
import type { TokenVaultGrants } from '../../lib/iam/token-vault-grants.ts';
import type { VaultCaller } from '../../lib/iam/vault-caller.ts';
import { createAuthorizer } from '../../local/aws/iam/authorizer.ts';
import { readCloudAssembly } from '../../local/template/cloud-assembly.ts';
import { planDeployment } from '../../local/template/deployment.ts';
import { loadIamDirectory } from '../../local/template/load-iam.ts';
import { createVaultBench } from '../support/synth/vault-bench.ts';

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
  /** Operators reach every tenant. */
  readonly fence?: 'none';
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
  Operate: {
    give: (vault, caller) => vault.grantOperate(caller),
    routes: ['GET /connections', 'POST /connections/{connectionId}/rotations', 'POST /subjects/erase'],
    fence: 'none',
  },
  Import: {
    give: (vault, caller) => vault.grantImport(caller),
    routes: ['POST /imports'],
    fence: 'none',
  },
  RevokeAccessTokens: {
    give: (vault, caller) => vault.grantRevokeAccessTokens(caller, FENCE),
    routes: ['DELETE /access-tokens/{connectionId}'],
  },
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

function statementsOf(roleName: string): readonly Statement[] {
  return directory.roles
    .filter((role) => role.roleName === roleName)
    .flatMap(({ policies }) =>
      policies.flatMap(({ document }) => (document as { Statement: Statement[] }).Statement),
    );
}

function functionRole(part: string): string {
  return directory.roles.find(({ roleName }) => roleName.includes(`Functions${part}Role`))?.roleName ?? '';
}

function tableArn(sid: string): string {
  return String(statementsOf(functionRole('Rotate')).find(({ Sid }) => Sid === sid)?.Resource);
}

function keyArn(purpose: string): string {
  return (
    [...directory.keyPolicies].find(([, policy]) => JSON.stringify(policy).includes(`"${purpose}"`))?.[0] ??
    ''
  );
}

const apiArn = String(statementsOf('Team-SignIns')[0]?.Resource).replace(/\/POST\/.*$/, '');

function isAllowed(
  roleName: string,
  action: string,
  resource: string,
  context: Record<string, string | string[]> = {},
): boolean {
  return authorizer.decide({ roleName }, { action, resource, context }) === 'Allowed';
}

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
      (route.includes('{connectionId}') && !grant.fence ? OWN : [...OWN, ...FOREIGN]).map(
        (id) => `${route} ${id}`,
      ),
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
