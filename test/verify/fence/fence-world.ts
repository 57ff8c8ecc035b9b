import { Stack } from 'aws-cdk-lib';
import { PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { perTenant } from '../../../lib/iam/tenant-fence.ts';
import type { IamDirectory, IamRole } from '../../../local/aws/iam-directory.ts';
import { readCloudAssembly } from '../../../local/template/cloud-assembly.ts';
import { planDeployment } from '../../../local/template/deployment.ts';
import { loadIamDirectory } from '../../../local/template/load-iam.ts';
import { TEST_SETTINGS } from '../../support/synth/test-settings.ts';
import { createVaultBench } from '../../support/synth/vault-bench.ts';

const ACCOUNT = '111122223333';
const PLACE = { accountId: ACCOUNT, region: 'eu-west-1', partition: 'aws', urlSuffix: 'amazonaws.com' };

/** Roles that ask. `Curious` may do everything at STS, and was granted nothing by the vault. */
export const CALLERS = ['Pooled', 'Second', 'Curious'] as const;
export type Caller = (typeof CALLERS)[number];

/** Roles that are assumed for one tenant: those of the two pooled consumers, and the one for another account. */
export const TENANT_ROLES = ['ofPooled', 'ofSecond', 'forAccount'] as const;
export type TenantRole = (typeof TENANT_ROLES)[number];

/** What the synthesised templates say of a vault, two pooled consumers and another account's role. */
export interface FenceWorld {
  readonly directory: IamDirectory;
  readonly roles: Readonly<Record<Caller | TenantRole, IamRole>>;
  /** Up to the stage. */
  readonly apiArn: string;
  readonly accessTokensTableArn: string;
  readonly accessKeyArn: string;
  readonly clientId: string;
}

export async function createFenceWorld(): Promise<FenceWorld> {
  const bench = await createVaultBench();
  try {
    const app = bench.emptyApp();
    const { vault } = bench.vaultStack({}, { app });
    const team = new Stack(app, 'Team');
    const [pooled, second, curious] = CALLERS.map(
      (name) =>
        new Role(team, name, {
          roleName: name,
          assumedBy: new ServicePrincipal('lambda.amazonaws.com'),
        }),
    );
    if (!pooled || !second || !curious) throw new Error('There are three callers.');
    vault.grantAccessTokens(pooled, { connections: perTenant() });
    vault.grantAccessTokens(second, { connections: perTenant() });
    vault.accessRoleFor(ACCOUNT, { connections: perTenant() });
    curious.addToPolicy(
      new PolicyStatement({ actions: ['sts:AssumeRole', 'sts:TagSession'], resources: ['*'] }),
    );
    app.synth();
    const directory = loadIamDirectory(planDeployment(readCloudAssembly(app.outdir), { place: PLACE }));
    return worldOf(directory);
  } finally {
    await bench.dispose();
  }
}

function worldOf(directory: IamDirectory): FenceWorld {
  const named = (part: string): IamRole => {
    const found = directory.roles.filter(({ roleName }) => roleName.includes(part));
    const [role] = found;
    if (role === undefined || found.length > 1) throw new Error(`One role has a name like ${part}.`);
    return role;
  };
  const own = (name: string): IamRole => {
    const role = directory.roles.find(({ roleName }) => roleName === name);
    if (role === undefined) throw new Error(`There is no role ${name}.`);
    return role;
  };
  const roles = {
    Pooled: own('Pooled'),
    Second: own('Second'),
    Curious: own('Curious'),
    ofPooled: named('PooledTokenVaultTenants'),
    ofSecond: named('SecondTokenVaultTenants'),
    forAccount: named(`AccessFor${ACCOUNT}`),
  };
  const resourceOf = (action: string): string => {
    const statement = statementsOf(roles.ofPooled).find(({ Action }) => [Action].flat().includes(action));
    return String(statement?.Resource);
  };
  return {
    directory,
    roles,
    apiArn: resourceOf('execute-api:Invoke').replace(/\/GET\/.*$/, ''),
    accessTokensTableArn: resourceOf('dynamodb:GetItem'),
    accessKeyArn: resourceOf('kms:Decrypt'),
    clientId: TEST_SETTINGS.clientId,
  };
}

export interface StatementDocument {
  readonly Action: string | readonly string[];
  readonly Resource?: string | readonly string[];
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, string | readonly string[]>>>>;
}

export function statementsIn(document: unknown): readonly StatementDocument[] {
  return [(document as { Statement: StatementDocument | StatementDocument[] }).Statement].flat();
}

function statementsOf({ policies }: IamRole): readonly StatementDocument[] {
  return policies.flatMap(({ document }) => statementsIn(document));
}
