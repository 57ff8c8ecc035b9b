export type { ConnectionGrant } from './constructs/connection-grants.ts';
export { TokenVault, type TokenVaultProps } from './constructs/token-vault.ts';
export { DeploymentError, type DeploymentErrorCode } from './deployment-error.ts';
export { TokenVaultStack, type TokenVaultStackProps } from './token-vault-stack.ts';
export type { VaultSettings, VaultSettingsInput } from './vault-settings.ts';
