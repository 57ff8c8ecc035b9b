import { fileURLToPath } from 'node:url';
import { TokenVault, type TokenVaultAttributes } from 'adobe-token-vault';
import { Stack, type StackProps } from 'aws-cdk-lib';
import { Runtime } from 'aws-cdk-lib/aws-lambda';
import { NodejsFunction } from 'aws-cdk-lib/aws-lambda-nodejs';
import type { Construct } from 'constructs';

const HANDLER = fileURLToPath(new URL('../lightroom-catalog/handler.ts', import.meta.url));

export interface GuestStackProps extends StackProps {
  /** Outputs of the vault's stack, and the role it made for this account. */
  readonly vaultAttributes: TokenVaultAttributes;
}

/** In the other account: a Lambda that assumes the role, and a vault that is imported by its attributes. */
export class GuestStack extends Stack {
  constructor(scope: Construct, id: string, { vaultAttributes, ...props }: GuestStackProps) {
    super(scope, id, props);
    const reader = new NodejsFunction(this, 'Reader', {
      entry: HANDLER,
      runtime: Runtime.NODEJS_24_X,
      bundling: { bundleAwsSDK: true },
    });

    // #region import
    const vault = TokenVault.fromAttributes(this, 'Vault', vaultAttributes);
    vault.grantAccessTokens(reader, { connections: 'acme.*' });
    // #endregion
  }
}
