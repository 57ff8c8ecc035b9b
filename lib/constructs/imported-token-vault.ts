import { ArnFormat, Stack, Token } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { invokeArnOf } from '../iam/invoke-arn.ts';
import { TokenVaultGrants } from '../iam/token-vault-grants.ts';
import type { VaultEntrance } from './vault-resources.ts';

/** Outputs of the vault's stack, with the same names. */
export interface TokenVaultAttributes {
  readonly apiId: string;
  readonly apiUrl: string;
  readonly accessTokensTableName: string;
  readonly accessKeyArn: string;
  readonly clientId: string;
  /** For a vault in another account: the role that its `accessRoleFor` created, which holds the permissions. */
  readonly accessRoleArn?: string;
  /** Default: the Region in the key's ARN, or this stack's where the ARN is known only at deployment. */
  readonly region?: string;
}

/** A vault that another app deployed. */
export class ImportedTokenVault extends TokenVaultGrants {
  protected readonly entrance: VaultEntrance;

  constructor(scope: Construct, id: string, attributes: TokenVaultAttributes) {
    super(scope, id);
    const stack = Stack.of(this);
    const { apiId, accessTokensTableName, accessRoleArn, ...rest } = attributes;
    const place = placeOf(stack, attributes);
    this.entrance = {
      ...rest,
      apiUrl: attributes.apiUrl.replace(/\/$/, ''),
      region: place.region,
      accessRoleArn,
      accessTokensTableName,
      accessTokensTableArn: stack.formatArn({
        ...place,
        service: 'dynamodb',
        resource: 'table',
        resourceName: accessTokensTableName,
      }),
      invokeArn: (route, connections) => invokeArnOf(stack, { ...place, apiId }, route, connections),
    };
  }
}

function placeOf(stack: Stack, { accessKeyArn, region }: TokenVaultAttributes) {
  const own = { account: stack.account, region: region ?? stack.region };
  if (Token.isUnresolved(accessKeyArn)) return own;
  const ofKey = stack.splitArn(accessKeyArn, ArnFormat.SLASH_RESOURCE_NAME);
  return { account: ofKey.account ?? own.account, region: region ?? ofKey.region ?? own.region };
}
