import { BrowserFrontStack } from 'adobe-token-vault';
import type { App } from 'aws-cdk-lib';

/** CloudFront with a firewall, for a vault with the settings `domainName` and `browserDomainName`. */
export function addFront(app: App, certificateInUsEast1: string): BrowserFrontStack {
  // #region front
  const front = new BrowserFrontStack(app, 'VaultFront', {
    domainName: 'connect.example.com', // the vault's setting browserDomainName
    certificateArn: certificateInUsEast1,
    vaultDomainName: 'vault.example.com', // its setting domainName
    requestsPerAddress: 300, // in five minutes
  });
  // #endregion
  return front;
}
