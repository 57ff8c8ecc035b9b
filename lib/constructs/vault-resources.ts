import type { VaultSettings } from '../settings/vault-settings.ts';
import type { RotationScheduling } from './rotation-scheduling.ts';
import type { SealingKeys } from './vault-keys.ts';
import type { VaultSecrets } from './vault-secrets.ts';
import type { VaultTables } from './vault-tables.ts';

/** What the functions work with: their variables and their permissions both come from here. */
export interface VaultResources {
  readonly vaultName: string;
  readonly settings: VaultSettings;
  readonly tables: VaultTables;
  readonly refreshKeys: SealingKeys;
  readonly accessKeys: SealingKeys;
  readonly secrets: VaultSecrets;
  readonly scheduling: RotationScheduling;
  /** `rotate` is only ever addressed by its aliases: this one is for functions and operators. */
  readonly rotateAliasArn: string;
  /** The one for schedules. */
  readonly scheduleTargetArn: string;
  readonly eventBusArn: string;
  readonly eventBusName: string;
  readonly authorizeUrl: string;
  readonly callbackUrl: string;
}
