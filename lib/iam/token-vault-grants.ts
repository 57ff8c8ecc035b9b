import { createHash } from 'node:crypto';
import { PhysicalName } from 'aws-cdk-lib';
import { AccountPrincipal, Role } from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import { VAULT_ALIAS } from '../../client/vault-variables.ts';
import {
  DISCONNECT,
  ERASE_SUBJECT,
  FORCE_ROTATION,
  GET_CONNECTION,
  IMPORT_TOKENS,
  LIST_CONNECTIONS,
  OPEN_CONSENT,
  REDEEM_CONSENT,
  REDEEM_SIGN_IN,
  REVOKE_ACCESS_TOKENS,
} from '../constructs/api-routes.ts';
import type { VaultEntrance } from '../constructs/vault-resources.ts';
import { DeploymentError } from '../deployment-error.ts';
import {
  allowTokensOfTheTag,
  type ConnectionGrant,
  clientEnvironment,
  grantRoutes,
  grantTokens,
  isPerTenant,
  tenantEnvironment,
} from './connection-grants.ts';
import { forOneTenant } from './tenant-fence.ts';
import type { VaultCaller } from './vault-caller.ts';

/** IAM takes no longer description of a role. */
const MAX_DESCRIPTION = 1_000;
const MAX_PATTERNS_IN_ID = 64;
const DIGEST_CHARACTERS = 8;

/**
 * What can be granted on a vault, in this app or imported. A vault grants nothing by default.
 *
 * Each grant may throw a DeploymentError with one of these codes:
 *
 * - `PATTERN_INVALID`: no grant can name these connections
 * - `CALLER_INVALID`: the caller is not a grantee
 * - `ACCESS_ROLE_MISSING`: the caller is in another account
 * - `REGION_UNREACHABLE`: the caller is in another Region, and its stack lacks `crossRegionReferences`
 * - `SECOND_CDK`: the stacks are of two copies of aws-cdk-lib
 * - `SECOND_VAULT`: the function holds the environment of another vault
 * - `TENANT_ROLE_UNSUPPORTED`: the caller of `perTenant()` cannot assume a role
 * - `GRANT_WITHOUT_EFFECT`: the caller has no policies
 *
 * A grant warns if the app cannot change the caller's policies.
 */
export abstract class TokenVaultGrants extends Construct {
  protected abstract readonly entrance: VaultEntrance;

  /**
   * Environment variables of the client library, for callers whose environment is set elsewhere, such as containers.
   */
  get clientEnvironment(): Readonly<Record<string, string>> {
    return clientEnvironment(this.entrance);
  }

  /**
   * Environment variables for a caller with a grant of `perTenant()`: they also name the role that it assumes.
   */
  tenantEnvironmentOf(caller: VaultCaller): Readonly<Record<string, string>> {
    return tenantEnvironment(this.entrance, caller);
  }

  /**
   * The same vault under a name, for a function that uses several vaults. Its grants set variables with the name in them,
   * and `createTokenClient({ vault: name })` reads those.
   *
   * @example
   * photos.grantAccessTokens(reader, { connections: 'acme.*' });
   * films.named('films').grantAccessTokens(reader, { connections: 'acme.*' });
   * @throws DeploymentError `NAME_INVALID`
   */
  named(name: string): TokenVaultGrants {
    if (!VAULT_ALIAS.test(name)) {
      throw new DeploymentError(
        'NAME_INVALID',
        `"${name}" cannot be the name of a vault. Use lower-case letters, digits and hyphens, at most 32, and begin with a letter.`,
      );
    }
    const id = `Named-${name}`;
    const existing = this.node.tryFindChild(id);
    return existing instanceof NamedTokenVault
      ? existing
      : new NamedTokenVault(this, id, { ...this.entrance, alias: name });
  }

  /** Lets a caller get access tokens of these connections: read and open the stored ones, ask the vault for the others. */
  grantAccessTokens(caller: VaultCaller, grant: ConnectionGrant): void {
    grantTokens(this.entrance, caller, grant);
  }

  /** Lets a caller connect users under these ids: open a consent session and redeem its code. */
  grantConsents(caller: VaultCaller, grant: ConnectionGrant): void {
    const routes = [OPEN_CONSENT, REDEEM_CONSENT];
    grantRoutes(this.entrance, caller, { ...grant, routes });
  }

  /** Lets a caller redeem the codes of plain sign-ins, whose ids the vault derives. */
  grantSignIns(caller: VaultCaller): void {
    grantRoutes(this.entrance, caller, { routes: [REDEEM_SIGN_IN], connections: '*' });
  }

  /** Lets a caller read the state of these connections, without token material. */
  grantStatus(caller: VaultCaller, grant: ConnectionGrant): void {
    grantRoutes(this.entrance, caller, { ...grant, routes: [GET_CONNECTION] });
  }

  /**
   * For operators, over all tenants: list connections, rotate one now, erase an Adobe user. Gives no access to tokens.
   */
  grantOperate(caller: VaultCaller): void {
    const routes = [LIST_CONNECTIONS, FORCE_ROTATION, ERASE_SUBJECT];
    grantRoutes(this.entrance, caller, { routes, connections: '*' });
  }

  /**
   * Lets a caller import refresh tokens of another system, under any id, and replace existing connections if the
   * request says so. It is not part of operating, because its holder decides which Adobe user a connection acts for.
   * Grant it for the migration and remove it afterwards.
   */
  grantImport(caller: VaultCaller): void {
    grantRoutes(this.entrance, caller, { routes: [IMPORT_TOKENS], connections: '*' });
  }

  /**
   * Lets a caller invalidate the cached access tokens of these connections, for example after a leak. The grant stays.
   */
  grantRevokeAccessTokens(caller: VaultCaller, grant: ConnectionGrant): void {
    grantRoutes(this.entrance, caller, { ...grant, routes: [REVOKE_ACCESS_TOKENS] });
  }

  /** Lets a caller disconnect these connections. */
  grantDisconnect(caller: VaultCaller, grant: ConnectionGrant): void {
    grantRoutes(this.entrance, caller, { ...grant, routes: [DISCONNECT] });
  }

  /**
   * A role that another account may assume to get access tokens of these connections. It is needed because an HTTP API
   * has no resource policy, so a permission in the other account could not reach it. IAM of that account decides which
   * principals may assume the role. A second call with the same values returns the same role. With `perTenant()`, only a
   * session with the tag of one tenant is possible.
   *
   * @param accountId the 12 digits of the other account
   * @throws DeploymentError `ACCOUNT_INVALID` or `PATTERN_INVALID`
   */
  accessRoleFor(accountId: string, grant: ConnectionGrant): Role {
    if (!/^\d{12}$/.test(accountId)) {
      throw new DeploymentError('ACCOUNT_INVALID', `"${accountId}" is not the id of an AWS account.`);
    }
    const { connections } = grant;
    const sorted = isPerTenant(connections) ? ['one-tenant'] : [...new Set([connections].flat())].sort();
    const patterns = sorted.join('+');
    const id = `AccessFor${accountId}-${shortened(patterns)}`;
    const existing = this.node.tryFindChild(id);
    if (existing !== undefined) return existing as Role;
    const account = new AccountPrincipal(accountId);
    const role = new Role(this, id, {
      // Only where a stack of another account in this app needs to know it.
      roleName: PhysicalName.GENERATE_IF_NEEDED,
      description: `Gets access tokens of ${patterns} for account ${accountId}.`.slice(0, MAX_DESCRIPTION),
      assumedBy: isPerTenant(connections) ? forOneTenant(account) : account,
    });
    if (isPerTenant(connections)) allowTokensOfTheTag(this.entrance, role);
    else this.grantAccessTokens(role, grant);
    return role;
  }
}

/** The path of the role is part of descriptions that IAM limits. */
function shortened(patterns: string): string {
  if (patterns.length <= MAX_PATTERNS_IN_ID) return patterns;
  const digest = createHash('sha256').update(patterns).digest('hex').slice(0, DIGEST_CHARACTERS);
  return `${patterns.slice(0, MAX_PATTERNS_IN_ID - DIGEST_CHARACTERS - 1)}-${digest}`;
}

class NamedTokenVault extends TokenVaultGrants {
  protected readonly entrance: VaultEntrance;

  constructor(scope: Construct, id: string, entrance: VaultEntrance) {
    super(scope, id);
    this.entrance = entrance;
  }
}
