import { TokenVaultStack } from 'adobe-token-vault';
import { App } from 'aws-cdk-lib';

// The same app, as an ES module.

const app = new App({ outdir: process.argv[2] });
new TokenVaultStack(app, 'Adobe', {
  settings: {
    clientId: 'a-client',
    scopes: ['openid', 'AdobeID', 'offline_access'],
    returnUrls: ['https://app.example.org/connected'],
  },
});
app.synth();
