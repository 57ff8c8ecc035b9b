import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { VaultSettings } from '../settings/vault-settings.ts';
import type { ApiRoute } from './api-routes.ts';
import type { RotationScheduling } from './rotation-scheduling.ts';
import type { SealingKeys } from './vault-keys.ts';
import type { VaultSecrets } from './vault-secrets.ts';
import type { VaultTables } from './vault-tables.ts';

/** The resources that the functions use. Both their environment and their permissions derive from these. */
export interface VaultResources {
  readonly vaultName: string;
  readonly settings: VaultSettings;
  readonly tables: VaultTables;
  readonly refreshKeys: SealingKeys;
  readonly accessKeys: SealingKeys;
  readonly secrets: VaultSecrets;
  /** Encrypts the secrets, among others. Absent: the services do so with keys of their own. */
  readonly serviceKey: IKey | undefined;
  readonly scheduling: RotationScheduling;
  /** `rotate` is invoked through its aliases alone. This alias is for functions and operators. */
  readonly rotateAliasArn: string;
  /** The alias of `rotate` for schedules. */
  readonly scheduleTargetArn: string;
  readonly eventBusArn: string;
  readonly eventBusName: string;
  readonly authorizeUrl: string;
  readonly callbackUrl: string;
}

/** What a grant needs to know about a vault, in this app or deployed by another. */
export interface VaultEntrance {
  /** Scheme and host, without a trailing slash. */
  readonly apiUrl: string;
  readonly region: string;
  readonly account: string;
  /** Values of a vault of this app are references to its stack, and not texts. */
  readonly isOfThisApp: boolean;
  readonly apiId: string;
  /** The client id of the Adobe credential: every token is bound to it. */
  readonly clientId: string;
  readonly accessTokensTableName: string;
  readonly accessTokensTableArn: string;
  readonly accessKeyArn: string;
  /** A role in the vault's account that callers assume. Absent: the grant goes to the caller itself. */
  readonly accessRoleArn: string | undefined;
  /** The name of the vault among several in one environment. */
  readonly alias?: string;
  /** The ARN to grant `execute-api:Invoke` on: one method and one path. */
  invokeArn(route: ApiRoute, connections: string): string;
}
