import { fileURLToPath } from 'node:url';
import type { TokenVaultGrants } from 'adobe-token-vault';
import { Stack, type StackProps } from 'aws-cdk-lib';
import { Runtime } from 'aws-cdk-lib/aws-lambda';
import { NodejsFunction } from 'aws-cdk-lib/aws-lambda-nodejs';
import type { Construct } from 'constructs';

const HANDLER = fileURLToPath(new URL('handler.ts', import.meta.url));

export interface TwoVaultsProps extends StackProps {
  readonly photos: TokenVaultGrants;
  readonly films: TokenVaultGrants;
}

/** A Lambda that uses two Adobe credentials: each has a vault of its own. */
export class TwoVaultsStack extends Stack {
  constructor(scope: Construct, id: string, { photos, films, ...props }: TwoVaultsProps) {
    super(scope, id, props);
    const reader = new NodejsFunction(this, 'Reader', {
      entry: HANDLER,
      runtime: Runtime.NODEJS_24_X,
      bundling: { bundleAwsSDK: true },
    });
    // #region grant
    photos.grantAccessTokens(reader, { connections: 'acme.*' });
    films.named('films').grantAccessTokens(reader, { connections: 'acme.*' });
    // #endregion
  }
}
