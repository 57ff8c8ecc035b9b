import { Annotations, Stack } from 'aws-cdk-lib';
import {
  AccountPrincipal,
  type Conditions,
  type IGrantable,
  type IPrincipal,
  PrincipalWithConditions,
  Role,
} from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import type { VaultEntrance } from '../constructs/vault-resources.ts';
import { DeploymentError } from '../deployment-error.ts';

/** The connections of one tenant, which the caller names at run time. See `perTenant`. */
export interface PerTenant {
  /** Tells it from a pattern of connections. */
  readonly kind: 'per-tenant';
}

/**
 * For a function that serves many tenants. It assumes a role with the tag of the tenant it acts for, and IAM lets that
 * session reach only the connections of this tenant. In the function, `client.forTenant('acme')` does that.
 *
 * The function itself chooses the tag. The fence stops a wrong id and a confused caller. It does not stop an attacker
 * that runs code in the function.
 *
 * @example
 * vault.grantAccessTokens(pooled, { connections: perTenant() });
 */
export function perTenant(): PerTenant {
  return { kind: 'per-tenant' };
}

/** The session tag that names the tenant, as `client/tenants.ts` sends it. */
const TENANT_TAG = 'tenant';
const REQUESTED_TENANT = `aws:RequestTag/${TENANT_TAG}`;
/**
 * IAM puts the value of the tag in place of the variable. The `*` after the dot is the only wildcard. Only a dot ends
 * the name of a tenant, so `acme` does not reach `acmeco.user-1`.
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html#policy-vars-tags
 */
export const CONNECTIONS_OF_THE_TAG = `\${aws:PrincipalTag/${TENANT_TAG}}.*`;
/**
 * Characters that a tenant's name must not have. With a dot it would name a part of another tenant. STS accepts no `*` and
 * no `?` in a tag. The fence does not depend on that, nor on how IAM reads them in the value of a variable.
 * @see https://docs.aws.amazon.com/STS/latest/APIReference/API_Tag.html
 */
const NOT_IN_A_NAME = ['.', '/', ':', '=', '+', '@', ' ', ...['*', '?'].map(literally)];

/** A session has the tag `tenant` with the name of one tenant, and no other tag. */
const ONE_TENANT: Conditions = {
  // `?*`: the tag is there and not empty. `StringNotLike` alone would also pass a request without it.
  StringLike: { [REQUESTED_TENANT]: '?*' },
  StringNotLike: { [REQUESTED_TENANT]: NOT_IN_A_NAME.map((character) => `*${character}*`) },
  'ForAllValues:StringEquals': { 'aws:TagKeys': [TENANT_TAG] },
};

/** Trusts these principals with one tenant at a time. Without the tag, they cannot assume the role. */
export function forOneTenant(account: AccountPrincipal, conditions: Conditions = {}): IPrincipal {
  return new PrincipalWithConditions(account, { ...ONE_TENANT, ...conditions }).withSessionTags();
}

/** IAM's spelling of a wildcard character that stands for itself. */
function literally(wildcard: string): string {
  return `\${${wildcard}}`;
}

interface TokenGrants {
  isFenced: boolean;
  /** Patterns of whole tenants, which the caller reaches without a tag. */
  readonly besideTheFence: Set<string>;
}

/** By vault. */
const tokenGrants = new WeakMap<IPrincipal, Map<string, TokenGrants>>();

/** Warns where a caller has the fence and may read the tokens of whole tenants without it, in whichever order. */
export function warnOfOpenFence(
  { apiId }: VaultEntrance,
  { grantPrincipal: principal }: IGrantable,
  granted: PerTenant | readonly string[],
): void {
  const ofCaller = tokenGrants.get(principal) ?? new Map<string, TokenGrants>();
  tokenGrants.set(principal, ofCaller);
  const grants = ofCaller.get(apiId) ?? { isFenced: false, besideTheFence: new Set() };
  ofCaller.set(apiId, grants);
  if ('kind' in granted) grants.isFenced = true;
  else for (const pattern of granted) if (/^(.*\.)?\*$/.test(pattern)) grants.besideTheFence.add(pattern);
  if (!grants.isFenced || grants.besideTheFence.size === 0 || !Construct.isConstruct(principal)) return;
  Annotations.of(principal).addWarningV2(
    'adobe-token-vault:openFence',
    `${principal.node.path} has a grant of perTenant(), and reads the tokens of ${[...grants.besideTheFence].join(', ')} without it. IAM then does not stop a wrong id. Remove that grant, or give it to another function.`,
  );
}

/** By vault, since a role may be granted two. */
const fences = new WeakMap<IPrincipal, Map<string, Role>>();

/**
 * The role that this caller assumes for one tenant of this vault, in the stack of the caller. One for each caller: its
 * grants say what it may do for a tenant.
 *
 * @throws DeploymentError `TENANT_ROLE_UNSUPPORTED` for a caller that cannot assume a role, such as a group
 */
export function tenantRoleOf(vault: VaultEntrance, caller: IGrantable): Role {
  const principal = caller.grantPrincipal;
  const ofCaller = fences.get(principal) ?? new Map<string, Role>();
  fences.set(principal, ofCaller);
  const role = ofCaller.get(vault.apiId) ?? createTenantRole(principal, ofCaller.size);
  ofCaller.set(vault.apiId, role);
  return role;
}

function createTenantRole(principal: IPrincipal, position: number): Role {
  const arn: unknown = Reflect.get(principal, 'roleArn') ?? Reflect.get(principal, 'userArn');
  if (!Construct.isConstruct(principal) || typeof arn !== 'string') {
    const name = Construct.isConstruct(principal) ? principal.node.path : 'This principal';
    throw new DeploymentError(
      'TENANT_ROLE_UNSUPPORTED',
      `${name} cannot assume a role: grant perTenant() to a function, a role or a user.`,
    );
  }
  const account = principal.principalAccount ?? Stack.of(principal).account;
  return new Role(principal, `TokenVaultTenants${position === 0 ? '' : position + 1}`, {
    description:
      'Reaches the connections of one tenant of the Adobe token vault: the one in the tag of its session.',
    // Not the caller's ARN as the principal: IAM would bind the trust to the id of today's role, and the caller would
    // need no permission of its own.
    assumedBy: forOneTenant(new AccountPrincipal(account), { ArnEquals: { 'aws:PrincipalArn': arn } }),
  });
}
