import { fileURLToPath } from 'node:url';
// #region consume
import { TokenVault, type TokenVaultProps } from 'adobe-token-vault';
// #endregion
import { Stack, type StackProps } from 'aws-cdk-lib';
import { Runtime } from 'aws-cdk-lib/aws-lambda';
import { NodejsFunction } from 'aws-cdk-lib/aws-lambda-nodejs';
import type { Construct } from 'constructs';

const HANDLER = fileURLToPath(new URL('handler.ts', import.meta.url));

/** A vault, and a Lambda that reads the Lightroom catalogs of one tenant's users. */
export class CatalogStack extends Stack {
  constructor(scope: Construct, id: string, props: StackProps & TokenVaultProps) {
    super(scope, id, props);

    // #region consume
    const vault = new TokenVault(this, 'Vault', props);
    const reader = new NodejsFunction(this, 'Reader', {
      entry: HANDLER,
      runtime: Runtime.NODEJS_24_X,
      bundling: { bundleAwsSDK: true },
    });
    vault.grantAccessTokens(reader, { connections: 'acme.*' });
    // #endregion
  }
}
