import { Stack, type StackProps } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { TokenVault, type TokenVaultProps } from './constructs/token-vault.ts';

export type TokenVaultStackProps = StackProps & TokenVaultProps;

/** A stack with one vault. Its outputs are those of the vault, without a prefix. */
export class TokenVaultStack extends Stack {
  readonly vault: TokenVault;

  constructor(scope: Construct, id: string, props: TokenVaultStackProps) {
    super(scope, id, { description: 'Adobe token vault', ...props });
    this.vault = new TokenVault(this, 'Vault', { outputPrefix: '', ...props });
  }
}
