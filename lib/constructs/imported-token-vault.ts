import { type ArnComponents, ArnFormat, Stack } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { DeploymentError } from '../deployment-error.ts';
import { invokeArnOf } from '../iam/invoke-arn.ts';
import { TokenVaultGrants } from '../iam/token-vault-grants.ts';
import { accessRoleMissing, differ } from '../iam/vault-caller.ts';
import { isLookedUpLater, isUnknown } from '../settings/deploy-time-values.ts';
import { assertAttributes, assertReferencesReach, type TokenVaultAttributes } from './vault-attributes.ts';
import type { VaultEntrance } from './vault-resources.ts';

/** A vault that another app deployed. */
export class ImportedTokenVault extends TokenVaultGrants {
  protected readonly entrance: VaultEntrance;

  constructor(scope: Construct, id: string, attributes: TokenVaultAttributes) {
    super(scope, id);
    assertAttributes(attributes);
    assertReferencesReach(this, attributes);
    const stack = Stack.of(this);
    const { apiId, accessTokensTableName, accessRoleArn, ...rest } = attributes;
    const place = placeOf(stack, attributes);
    assertOneApi(attributes, place.region);
    this.entrance = {
      ...rest,
      apiId,
      apiUrl: attributes.apiUrl.replace(/\/$/, ''),
      ...place,
      isOfThisApp: false,
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
  const ofKey: Partial<ArnComponents> = isLookedUpLater(accessKeyArn)
    ? {}
    : stack.splitArn(accessKeyArn, ArnFormat.SLASH_RESOURCE_NAME);
  const account = ofKey.account ?? stack.account;
  if (accessRoleArn === undefined && differ(stack.account, account)) {
    throw accessRoleMissing(account, stack.account, `this stack, ${stack.node.path},`);
  }
  return { account, region: region ?? ofKey.region ?? stack.region };
}

/** Attributes may come from the outputs of two stacks. Where the URL is API Gateway's own, it names its API and Region. */
function assertOneApi({ apiId, apiUrl, accessKeyArn }: TokenVaultAttributes, region: string): void {
  const [, idOfUrl, regionOfUrl] = /^https:\/\/([a-z0-9]+)\.execute-api\.([a-z0-9-]+)\./.exec(apiUrl) ?? [];
  if (idOfUrl === undefined || regionOfUrl === undefined) return;
  if (!isUnknown(apiId) && apiId !== idOfUrl) {
    throw mixed(`apiId is ${apiId}, but apiUrl is ${apiUrl}`);
  }
  if (!isUnknown(region) && region !== regionOfUrl) {
    throw mixed(`the Region is ${region} (accessKeyArn is ${accessKeyArn}), but apiUrl is ${apiUrl}`);
  }
}

function mixed(what: string): DeploymentError {
  return new DeploymentError(
    'ATTRIBUTES_MIXED',
    `The attributes of the imported token vault belong to different vaults: ${what}. Take all of them from the outputs of one stack.`,
  );
}
