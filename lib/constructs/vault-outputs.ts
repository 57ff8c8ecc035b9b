import { CfnOutput } from 'aws-cdk-lib';
import { Construct } from 'constructs';
import { topLevelStackOf } from './vault-name.ts';

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
  const scope = new Construct(stack, `${pathIn(stack, vault).join('-')}-Outputs`);
  for (const [name, description] of Object.entries(DESCRIPTIONS)) {
    const value = values[name as keyof VaultOutputValues];
    if (value === undefined) continue;
    new CfnOutput(scope, name, { value, description }).overrideLogicalId(prefix + name);
  }
}

/** Such as `Vault` for a vault of that id, directly in its stack. */
export function outputPrefixOf(vault: Construct): string {
  return pathIn(topLevelStackOf(vault), vault)
    .join('')
    .replace(/[^A-Za-z0-9]/g, '');
}

function pathIn(stack: Construct, vault: Construct): readonly string[] {
  return vault.node.scopes.slice(stack.node.scopes.length).map(({ node }) => node.id);
}
