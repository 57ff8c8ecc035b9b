import { CfnOutput, Stack, type StackProps } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { TokenVault, type TokenVaultProps } from './constructs/token-vault.ts';

export type TokenVaultStackProps = StackProps & TokenVaultProps;

/** A stack with one vault. Its outputs are what an operator needs. */
export class TokenVaultStack extends Stack {
  readonly vault: TokenVault;

  constructor(scope: Construct, id: string, props: TokenVaultStackProps) {
    super(scope, id, { description: 'Adobe token vault', ...props });
    this.vault = new TokenVault(this, 'Vault', props);

    const { apiUrl, authorizeUrl, callbackUrl, alarmTopicArn, clientSecretName, domainTarget } = this.vault;
    this.output('ApiUrl', apiUrl, 'Base URL for the client library and for signed requests.');
    this.output('AuthorizeUrl', authorizeUrl, 'Send a browser here to sign in with Adobe.');
    this.output('CallbackUrl', callbackUrl, 'Register this redirect URI with the Adobe credential.');
    this.output(
      'ClientSecretName',
      clientSecretName,
      'Store the client secret of the Adobe credential here.',
    );
    this.output(
      'CookieKeySecretArn',
      this.vault.cookieKeySecretArn,
      'The secret with the key of the browser cookies.',
    );
    this.output('VaultName', this.vault.vaultName, 'Prefix of every physical name in the vault.');
    this.output('AlarmTopicArn', alarmTopicArn, 'Subscribe to this topic: alarms notify it.');
    const { apiId, accessTokensTableName, accessKeyArn, clientId } = this.vault.attributes;
    this.output('ApiId', apiId, 'For apps that import this vault.');
    this.output('AccessTokensTableName', accessTokensTableName, 'For apps that import this vault.');
    this.output('AccessKeyArn', accessKeyArn, 'For apps that import this vault.');
    this.output('ClientId', clientId, 'For apps that import this vault.');
    if (domainTarget !== undefined) {
      this.output('DomainTarget', domainTarget, 'Point the DNS record of the custom domain here.');
    }
  }

  private output(name: string, value: string, description: string): void {
    new CfnOutput(this, name, { value, description });
  }
}
