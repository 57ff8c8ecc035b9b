import { TokenVault, type TokenVaultSettings, TokenVaultStack } from 'adobe-token-vault';
import { App, Stack } from 'aws-cdk-lib';
import { Code, Function as LambdaFunction, Runtime } from 'aws-cdk-lib/aws-lambda';

const settings: TokenVaultSettings = {
  clientId: 'a-client',
  scopes: ['openid', 'AdobeID', 'offline_access'],
  returnUrls: ['https://app.example.org/connected'],
};

const app = new App({ outdir: process.argv[2] ?? 'cdk.out' });
const { vault } = new TokenVaultStack(app, 'Vault', { settings });

const team = new Stack(app, 'Team');
const reader = new LambdaFunction(team, 'Reader', {
  runtime: Runtime.NODEJS_22_X,
  handler: 'index.handler',
  code: Code.fromInline('exports.handler = async () => {};'),
});
vault.grantAccessTokens(reader, { connections: 'acme.*' });

function forgotten() {
  // @ts-expect-error a grant always names its connections
  return vault.grantAccessTokens(reader);
}

const imported = TokenVault.fromAttributes(team, 'Imported', vault.attributes);
imported.grantStatus(reader, { connections: 'acme.*' });

app.synth();
process.stdout.write(typeof forgotten);
