import { TokenVault, type TokenVaultSettings } from 'adobe-token-vault';
import type { App } from 'aws-cdk-lib';
import { Code, type FunctionProps, Function as LambdaFunction, Runtime } from 'aws-cdk-lib/aws-lambda';
import type { Construct } from 'constructs';

// What every case of an app needs. Written as a newcomer would, against the oldest CDK that the package takes.

export const SETTINGS: TokenVaultSettings = {
  clientId: 'a-client',
  scopes: ['openid', 'AdobeID', 'offline_access'],
  returnUrls: ['https://app.example.org/connected'],
};

export const ACME = { connections: 'acme.*' };

export const HERE = { account: '111122223333', region: 'eu-west-1' };
export const OTHER_REGION = { account: '111122223333', region: 'us-east-1' };
export const OTHER_ACCOUNT = { account: '444455556666', region: 'eu-west-1' };

/** Outputs of a vault in `HERE` that another app deployed. */
export const DEPLOYED = {
  apiId: 'abc123defg',
  apiUrl: 'https://abc123defg.execute-api.eu-west-1.amazonaws.com',
  accessTokensTableName: 'Photos-AccessTokens',
  accessKeyArn: 'arn:aws:kms:eu-west-1:111122223333:key/00000000-0000-4000-8000-000000000000',
  clientId: 'a-client',
};

/** Adds to an empty app. */
export type Case = (app: App) => void;

export function vaultIn(
  scope: Construct,
  id = 'Vault',
  settings: Partial<TokenVaultSettings> = {},
): TokenVault {
  return new TokenVault(scope, id, { settings: { ...SETTINGS, ...settings } });
}

export function functionIn(
  scope: Construct,
  id = 'Consumer',
  props: Partial<FunctionProps> = {},
): LambdaFunction {
  return new LambdaFunction(scope, id, {
    runtime: Runtime.NODEJS_22_X,
    handler: 'index.handler',
    code: Code.fromInline('exports.handler = async () => {};'),
    ...props,
  });
}
