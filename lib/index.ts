export { BrowserFrontStack, type BrowserFrontStackProps } from './browser-front-stack.ts';
export type { ConnectionGrant, VaultCaller } from './constructs/connection-grants.ts';
export type { TokenVaultAttributes } from './constructs/imported-token-vault.ts';
export { TokenVault, type TokenVaultProps } from './constructs/token-vault.ts';
export type { TokenVaultGrants } from './constructs/token-vault-grants.ts';
export { DeploymentError, type DeploymentErrorCode } from './deployment-error.ts';
export { TokenVaultStack, type TokenVaultStackProps } from './token-vault-stack.ts';
export type { VaultSettings, VaultSettingsInput } from './vault-settings.ts';
