import { CfnOutput, type Stack } from 'aws-cdk-lib';
import { Construct } from 'constructs';
import { DeploymentError } from '../deployment-error.ts';
import { digestOf, topLevelStackOf } from './vault-name.ts';

/** What an operator and the command line need, by the name of the output. Absent values make no output. */
export interface VaultOutputValues {
  readonly ApiUrl: string;
  readonly AuthorizeUrl: string;
  readonly CallbackUrl: string;
  readonly ClientSecretName: string;
  readonly CookieKeySecretArn: string;
  readonly VaultName: string;
  readonly AlarmTopicArn: string;
  readonly ApiId: string;
  readonly AccessTokensTableName: string;
  readonly AccessKeyArn: string;
  readonly ClientId: string;
  readonly ClientParts: string | undefined;
  readonly DomainTarget: string | undefined;
}

/** CloudFormation takes names of 255 characters. */
const MAX_PREFIX_CHARACTERS = 230;
const PREFIX = /^[A-Za-z0-9]{0,230}$/;

const FOR_IMPORTS = 'For apps that import this vault.';

const DESCRIPTIONS: Readonly<Record<keyof VaultOutputValues, string>> = {
  ApiUrl: 'Base URL for the client library and for signed requests.',
  AuthorizeUrl: 'Send a browser here to sign in with Adobe.',
  CallbackUrl: 'Register this redirect URI with the Adobe credential.',
  ClientSecretName: 'Store the client secret of the Adobe credential here.',
  CookieKeySecretArn: 'The secret with the key of the browser cookies.',
  VaultName: 'Prefix of every physical name in the vault.',
  AlarmTopicArn: 'Subscribe to this topic: alarms notify it.',
  ApiId: FOR_IMPORTS,
  AccessTokensTableName: FOR_IMPORTS,
  AccessKeyArn: FOR_IMPORTS,
  ClientId: FOR_IMPORTS,
  ClientParts: 'ADOBE_TOKEN_VAULT_PARTS of a consumer whose variables are set by hand.',
  DomainTarget: 'Point the DNS record of the custom domain here.',
};

/**
 * Adds the outputs of a vault to the stack that is deployed by name: outputs of a nested stack are not printed. The
 * command line reads them, and finds the vault by the common prefix of `VaultName` and `ApiUrl`.
 */
export function addVaultOutputs(vault: Construct, prefix: string, values: VaultOutputValues): void {
  const stack = topLevelStackOf(vault);
  assertPrefix(stack, vault, prefix);
  const scope = new Construct(stack, `${pathIn(stack, vault).join('-')}-Outputs`);
  for (const [name, description] of Object.entries(DESCRIPTIONS)) {
    const value = values[name as keyof VaultOutputValues];
    if (value === undefined) continue;
    new CfnOutput(scope, name, { value, description }).overrideLogicalId(prefix + name);
  }
}

/** By stack, and then by prefix: the path of the vault. */
const prefixes = new WeakMap<Stack, Map<string, string>>();

function assertPrefix(stack: Stack, vault: Construct, prefix: string): void {
  if (!PREFIX.test(prefix)) {
    throw new DeploymentError(
      'NAME_INVALID',
      `"${prefix}" is not an outputPrefix: CloudFormation takes letters and digits in the name of an output, at most ${MAX_PREFIX_CHARACTERS}.`,
    );
  }
  const taken = prefixes.get(stack) ?? new Map<string, string>();
  prefixes.set(stack, taken);
  const other = taken.get(prefix);
  if (other !== undefined) {
    throw new DeploymentError(
      'VAULT_NAME_TAKEN',
      `The outputs of the token vaults ${other} and ${vault.node.path} would have the same names, which begin with ${prefix}. Pass another outputPrefix to one of them.`,
    );
  }
  taken.set(prefix, vault.node.path);
}

/** Such as `Vault` for a vault of that id, directly in its stack. */
export function outputPrefixOf(vault: Construct): string {
  const path = pathIn(topLevelStackOf(vault), vault).join('-');
  const prefix = path.replace(/[^A-Za-z0-9]/g, '');
  // As in the vault's name: two ids that differ in what is left out must differ still.
  return /^[A-Za-z0-9-]*$/.test(path) ? prefix : prefix + digestOf(path);
}

function pathIn(stack: Construct, vault: Construct): readonly string[] {
  return vault.node.scopes.slice(stack.node.scopes.length).map(({ node }) => node.id);
}
