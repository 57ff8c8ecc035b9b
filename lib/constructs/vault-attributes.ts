import { Reference, Stack, Tokenization } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { DeploymentError } from '../deployment-error.ts';
import { accessRoleMissing, differ, takesReferencesAcrossRegions } from '../iam/vault-caller.ts';
import { isUnknown } from '../settings/deploy-time-values.ts';
import { isOrigin, isSecureUrl, KEY_ARN } from '../settings/setting-formats.ts';

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

interface Form {
  readonly accepts: (text: string) => boolean;
  readonly what: string;
}

const FORMS: Readonly<Record<keyof TokenVaultAttributes, Form>> = {
  apiId: {
    accepts: (text) => /^[a-z0-9]+$/.test(text),
    what: 'the output ApiId of the vault, such as abc123defg',
  },
  apiUrl: {
    accepts: (text) => isSecureUrl(text) && isOrigin(text),
    what: 'the output ApiUrl of the vault, an https URL without a path',
  },
  accessTokensTableName: {
    accepts: (text) => /^[A-Za-z0-9_.-]{3,255}$/.test(text),
    what: 'the output AccessTokensTableName of the vault, a name and no ARN',
  },
  accessKeyArn: {
    accepts: (text) => KEY_ARN.test(text),
    what: 'the output AccessKeyArn of the vault, the ARN of a key of AWS KMS',
  },
  clientId: { accepts: (text) => text.trim() !== '', what: 'the output ClientId of the vault' },
  accessRoleArn: {
    accepts: (text) => /^arn:aws[a-z-]*:iam::\d{12}:role\/[\w+=,.@/-]+$/.test(text),
    what: 'the ARN of the role that accessRoleFor created',
  },
  region: {
    accepts: (text) => /^[a-z]{2}(-[a-z]+)+-\d+$/.test(text),
    what: 'the Region of the vault, such as eu-west-1',
  },
};

const OPTIONAL: readonly string[] = ['accessRoleArn', 'region'] satisfies (keyof TokenVaultAttributes)[];

/** @throws DeploymentError `ATTRIBUTE_INVALID` that names the attribute and where its value comes from */
export function assertAttributes(attributes: TokenVaultAttributes): void {
  for (const [name, { accepts, what }] of Object.entries(FORMS)) {
    const value: unknown = attributes[name as keyof TokenVaultAttributes];
    if (value === undefined && OPTIONAL.includes(name)) continue;
    if (isUnknown(value) || (typeof value === 'string' && accepts(value))) continue;
    const shown = typeof value === 'string' ? JSON.stringify(value) : String(value);
    throw new DeploymentError(
      'ATTRIBUTE_INVALID',
      `The attribute ${name} of the imported token vault must be ${what}. It is ${shown}.`,
    );
  }
}

/**
 * Attributes of a vault of the same app are references to its stack, which CloudFormation cannot pass to another account,
 * and the CDK passes to another Region only where it is asked to.
 *
 * @throws DeploymentError `ACCESS_ROLE_MISSING`, `ATTRIBUTE_INVALID`, `REGION_UNREACHABLE`
 */
export function assertReferencesReach(vault: Construct, attributes: TokenVaultAttributes): void {
  const stack = Stack.of(vault);
  for (const [name, value] of Object.entries(attributes)) {
    // The role has a name that its stack and this one can both work out.
    if (name === 'accessRoleArn') continue;
    for (const source of stacksBehind(value)) {
      if (differ(stack.account, source.account)) {
        if (attributes.accessRoleArn === undefined) {
          throw accessRoleMissing(source.account, stack.account, `this stack, ${stack.node.path},`);
        }
        throw new DeploymentError(
          'ATTRIBUTE_INVALID',
          `The attribute ${name} of the imported token vault refers to the stack ${source.node.path} of account ${source.account}, and CloudFormation passes no value to account ${stack.account}. Deploy that stack first, and write its output here as a text.`,
        );
      }
      if (differ(stack.region, source.region) && !takesReferencesAcrossRegions(stack)) {
        throw new DeploymentError(
          'REGION_UNREACHABLE',
          `The attribute ${name} of the imported token vault refers to the stack ${source.node.path} in ${source.region}, and ${stack.node.path} is in ${stack.region}. Set crossRegionReferences: true on both stacks, or write the output here as a text.`,
        );
      }
    }
  }
}

function stacksBehind(value: unknown): readonly Stack[] {
  if (typeof value !== 'string') return [];
  const { tokens } = Tokenization.reverseString(value);
  return tokens.filter((token) => Reference.isReference(token)).map(({ target }) => Stack.of(target));
}
