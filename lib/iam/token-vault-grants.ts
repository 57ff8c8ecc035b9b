import { AccountPrincipal, Role } from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
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
import type { VaultEntrance } from '../constructs/vault-entrance.ts';
import { DeploymentError } from '../deployment-error.ts';
import {
  type ConnectionGrant,
  clientEnvironment,
  grantRoutes,
  grantTokens,
  type VaultCaller,
} from './connection-grants.ts';

/** What can be granted on a vault, be it of this app or of another one. Nothing is granted unless it is asked for. */
export abstract class TokenVaultGrants extends Construct {
  protected abstract readonly entrance: VaultEntrance;

  /** What the client library finds the vault by, for callers whose environment is set elsewhere, such as containers. */
  get clientEnvironment(): Readonly<Record<string, string>> {
    return clientEnvironment(this.entrance);
  }

  /** Lets a caller get access tokens of these connections: read and open the stored ones, ask the vault for the others. */
  grantAccessTokens(caller: VaultCaller, grant: ConnectionGrant): void {
    grantTokens(this.entrance, caller, grant);
  }

  /** Lets a caller connect users under these ids: open a consent session and redeem its code. */
  grantConsents(caller: VaultCaller, { connections }: ConnectionGrant): void {
    const routes = [OPEN_CONSENT, REDEEM_CONSENT];
    grantRoutes(this.entrance, caller, { routes, connections });
  }

  /** Lets a caller redeem the codes of plain sign-ins, whose ids the vault derives. */
  grantSignIns(caller: VaultCaller): void {
    grantRoutes(this.entrance, caller, { routes: [REDEEM_SIGN_IN], connections: '*' });
  }

  /** Lets a caller read the state of these connections, without token material. */
  grantStatus(caller: VaultCaller, { connections }: ConnectionGrant): void {
    grantRoutes(this.entrance, caller, { routes: [GET_CONNECTION], connections });
  }

  /** For operators, over all tenants and without token material: list connections, rotate one now, erase a person. */
  grantOperate(caller: VaultCaller): void {
    const routes = [LIST_CONNECTIONS, FORCE_ROTATION, ERASE_SUBJECT];
    grantRoutes(this.entrance, caller, { routes, connections: '*' });
  }

  /**
   * Lets a caller bring in refresh tokens of another system, under any id and, if it says so, in the place of what is
   * connected there. Not part of operating: whoever holds it decides which Adobe user a connection acts for. Grant it
   * for the migration, and take it away afterwards.
   */
  grantImport(caller: VaultCaller): void {
    grantRoutes(this.entrance, caller, { routes: [IMPORT_TOKENS], connections: '*' });
  }

  /** Lets a caller end the cached access tokens of these connections, for instance after a leak. The grant lives on. */
  grantRevokeAccessTokens(caller: VaultCaller, { connections }: ConnectionGrant): void {
    grantRoutes(this.entrance, caller, { routes: [REVOKE_ACCESS_TOKENS], connections });
  }

  /** Lets a caller disconnect these connections. */
  grantDisconnect(caller: VaultCaller, { connections }: ConnectionGrant): void {
    grantRoutes(this.entrance, caller, { routes: [DISCONNECT], connections });
  }

  /**
   * A role that another account may assume to get access tokens of these connections: an HTTP API has no resource policy, so
   * no permission of that account could reach it. Who there may assume it, that account's own IAM decides.
   */
  accessRoleFor(accountId: string, grant: ConnectionGrant): Role {
    if (!/^\d{12}$/.test(accountId)) {
      throw new DeploymentError('ACCOUNT_INVALID', `"${accountId}" is not the id of an AWS account.`);
    }
    const role = new Role(this, `AccessFor${accountId}-${grant.connections}`, {
      description: `Gets access tokens of ${grant.connections} for account ${accountId}.`,
      assumedBy: new AccountPrincipal(accountId),
    });
    this.grantAccessTokens(role, grant);
    return role;
  }
}
