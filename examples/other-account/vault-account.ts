import { TokenVaultStack, type TokenVaultStackProps } from 'adobe-token-vault';
import { CfnOutput } from 'aws-cdk-lib';
import type { Construct } from 'constructs';

export interface SharingVaultStackProps extends TokenVaultStackProps {
  /** The account whose Lambdas may get access tokens. */
  readonly consumerAccountId: string;
}

/** In the vault's account: the vault, and a role that the other account may assume. */
export class SharingVaultStack extends TokenVaultStack {
  constructor(scope: Construct, id: string, { consumerAccountId, ...props }: SharingVaultStackProps) {
    super(scope, id, props);
    const { vault } = this;

    // #region role
    const role = vault.accessRoleFor(consumerAccountId, { connections: 'acme.*' });
    // #endregion
    new CfnOutput(this, 'AccessRoleArn', { value: role.roleArn });
  }
}
