import { fileURLToPath } from 'node:url';
// #region grant
import { perTenant, type TokenVaultGrants } from 'adobe-token-vault';
// #endregion
import { Stack, type StackProps } from 'aws-cdk-lib';
import { Runtime } from 'aws-cdk-lib/aws-lambda';
import { NodejsFunction } from 'aws-cdk-lib/aws-lambda-nodejs';
import type { Construct } from 'constructs';

const HANDLER = fileURLToPath(new URL('handler.ts', import.meta.url));

export interface ManyTenantsProps extends StackProps {
  readonly vault: TokenVaultGrants;
}

/** One Lambda for all tenants, which acts for one of them at a time. */
export class ManyTenantsStack extends Stack {
  constructor(scope: Construct, id: string, { vault, ...props }: ManyTenantsProps) {
    super(scope, id, props);
    const pooled = new NodejsFunction(this, 'Pooled', {
      entry: HANDLER,
      runtime: Runtime.NODEJS_24_X,
      bundling: { bundleAwsSDK: true },
    });
    // #region grant
    vault.grantAccessTokens(pooled, { connections: perTenant() });
    // #endregion
  }
}
