import { App, Stack } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';
import cdk from '../../../cdk.json' with { type: 'json' };
import { TokenVaultStack } from '../../../lib/token-vault-stack.ts';
import type { VaultSettingsInput } from '../../../lib/vault-settings.ts';
import { type TemplateReader, templateReader } from './template.ts';
import { TEST_SETTINGS } from './test-settings.ts';

/** An app with the project's feature flags and nothing in it. */
export function emptyApp(): App {
  return new App({ context: cdk.context });
}

/** The vault's stack with some settings changed, in an app of its own unless one is given. */
export function vaultStack(
  functionBundles: string,
  settings: Partial<VaultSettingsInput> = {},
  { app = emptyApp(), id = 'AdobeTokenVault' }: { app?: App; id?: string } = {},
): TokenVaultStack {
  return new TokenVaultStack(app, id, { settings: { ...TEST_SETTINGS, ...settings }, functionBundles });
}

/** Synthesises the app that holds the stack, and reads the stack's template. */
export function templateOf(construct: IConstruct): TemplateReader {
  const { stackName, node } = Stack.of(construct);
  return templateReader((node.root as App).synth().getStackByName(stackName).template);
}
