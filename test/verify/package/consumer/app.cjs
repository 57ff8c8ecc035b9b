const { TokenVaultStack } = require('adobe-token-vault');
const { App } = require('aws-cdk-lib');

// An app in JavaScript, as a CommonJS module.

const app = new App({ outdir: process.argv[2] });
new TokenVaultStack(app, 'Adobe', {
  settings: {
    clientId: 'a-client',
    scopes: ['openid', 'AdobeID', 'offline_access'],
    returnUrls: ['https://app.example.org/connected'],
  },
});
app.synth();
