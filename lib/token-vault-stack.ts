import { Stack, type StackProps } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { TokenVault, type TokenVaultProps } from './constructs/token-vault.ts';

/** The properties of a stack of the CDK, and those of the vault in it. */
export type TokenVaultStackProps = StackProps & TokenVaultProps;

/**
 * A stack with one vault. Its outputs are those of the vault, without a prefix.
 *
 * @example
 * ```ts
 * const { vault } = new TokenVaultStack(app, 'AdobeTokenVault', { settings, env });
 * ```
 */
export class TokenVaultStack extends Stack {
  /** The vault: pass it to the stacks that use it. */
  readonly vault: TokenVault;

  constructor(scope: Construct, id: string, props: TokenVaultStackProps) {
    super(scope, id, { description: 'Adobe token vault', ...props });
    this.vault = new TokenVault(this, 'Vault', { outputPrefix: '', ...props });
  }
}
