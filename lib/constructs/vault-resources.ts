import type { VaultSettings } from '../settings/vault-settings.ts';
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
