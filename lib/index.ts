export { BrowserFrontStack, type BrowserFrontStackProps } from './browser-front-stack.ts';
export { TokenVault, type TokenVaultProps } from './constructs/token-vault.ts';
export type { TokenVaultAttributes } from './constructs/vault-attributes.ts';
export { DeploymentError, type DeploymentErrorCode } from './deployment-error.ts';
export type { ConnectionGrant } from './iam/connection-grants.ts';
export { type PerTenant, perTenant } from './iam/tenant-fence.ts';
export type { TokenVaultGrants } from './iam/token-vault-grants.ts';
export type { VaultCaller, VaultPrincipal } from './iam/vault-caller.ts';
export type {
  HostedZoneSettings,
  ThrottlingSettings,
  TokenKeyArns,
  TokenKeySetSettings,
  TokenVaultSettings,
} from './settings/token-vault-settings.ts';
export type { VaultSettings } from './settings/vault-settings.ts';
export { TokenVaultStack, type TokenVaultStackProps } from './token-vault-stack.ts';
