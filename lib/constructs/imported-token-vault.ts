import { ArnFormat, Stack, Token } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { DeploymentError } from '../deployment-error.ts';
import { invokeArnOf } from '../iam/invoke-arn.ts';
import { TokenVaultGrants } from '../iam/token-vault-grants.ts';
import type { VaultEntrance } from './vault-resources.ts';

/** Outputs of the vault's stack, with the same names. */
export interface TokenVaultAttributes {
  /** Id of the HTTP API: the output `ApiId`. Permissions name it. */
  readonly apiId: string;
  /** Base URL for the client, without a path: the output `ApiUrl`. */
  readonly apiUrl: string;
  /** Table with the sealed access tokens: the output `AccessTokensTableName`. */
  readonly accessTokensTableName: string;
  /** KMS key that opens access tokens: the output `AccessKeyArn`. Region and account of the vault are taken from it. */
  readonly accessKeyArn: string;
  /** Client id of the Adobe credential: the output `ClientId`. */
  readonly clientId: string;
  /**
   * ARN of the role that the vault's `accessRoleFor` created, which holds the permissions. Required where the vault is in
   * another account.
   *
   * @default none: the permissions go to the caller
   */
  readonly accessRoleArn?: string;
  /**
   * Region of the vault.
   *
   * @default the Region in `accessKeyArn`
   */
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
    assertOneApi(attributes, place.region);
    this.entrance = {
      ...rest,
      apiId,
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

/** From the ARN of the key, also where the ARN is known only at deployment. */
function placeOf(stack: Stack, { accessKeyArn, accessRoleArn, region }: TokenVaultAttributes) {
  const ofKey = stack.splitArn(accessKeyArn, ArnFormat.SLASH_RESOURCE_NAME);
  const account = ofKey.account ?? stack.account;
  const isElsewhere = ![account, stack.account].some(Token.isUnresolved) && account !== stack.account;
  if (isElsewhere && accessRoleArn === undefined) {
    throw new DeploymentError(
      'ACCESS_ROLE_MISSING',
      `The token vault is in account ${account}, and this stack is in ${stack.account}. Its HTTP API has no resource policy, so only a role of its account reaches it: create one there with accessRoleFor('${stack.account}', …) and pass its ARN as accessRoleArn.`,
    );
  }
  return { account, region: region ?? ofKey.region ?? stack.region };
}

/** Attributes may come from the outputs of two stacks. Where the URL is API Gateway's own, it names its API and Region. */
function assertOneApi({ apiId, apiUrl, accessKeyArn }: TokenVaultAttributes, region: string): void {
  const [, idOfUrl, regionOfUrl] = /^https:\/\/([a-z0-9]+)\.execute-api\.([a-z0-9-]+)\./.exec(apiUrl) ?? [];
  if (idOfUrl === undefined || regionOfUrl === undefined) return;
  if (!Token.isUnresolved(apiId) && apiId !== idOfUrl) {
    throw mixed(`apiId is ${apiId}, but apiUrl is ${apiUrl}`);
  }
  if (!Token.isUnresolved(region) && region !== regionOfUrl) {
    throw mixed(`the Region is ${region} (accessKeyArn is ${accessKeyArn}), but apiUrl is ${apiUrl}`);
  }
}

function mixed(what: string): DeploymentError {
  return new DeploymentError(
    'ATTRIBUTES_MIXED',
    `The attributes of the imported token vault belong to different vaults: ${what}. Take all of them from the outputs of one stack.`,
  );
}
