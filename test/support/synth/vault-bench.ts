import { mkdtempSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App, Stack } from 'aws-cdk-lib';
import { ArtifactMetadataEntryType } from 'aws-cdk-lib/cloud-assembly-schema';
import type { IConstruct } from 'constructs';
import cdk from '../../../cdk.json' with { type: 'json' };
import type { TokenVaultSettings } from '../../../lib/settings/token-vault-settings.ts';
import { TokenVaultStack } from '../../../lib/token-vault-stack.ts';
import { writeTinyBundles } from './function-bundles.ts';
import { type TemplateReader, templateReader } from './template.ts';
import { TEST_SETTINGS } from './test-settings.ts';

/** A place to synthesise vaults with other settings, quickly: their functions do nothing. */
export interface VaultBench {
  readonly functionBundles: string;
  newOutdir(): string;
  /** An empty app with the project's feature flags. */
  emptyApp(): App;
  /** The vault's stack with some settings changed, in a new app unless one is given. */
  vaultStack(settings?: Partial<TokenVaultSettings>, place?: { app?: App; id?: string }): TokenVaultStack;
  dispose(): Promise<void>;
}

export async function createVaultBench(): Promise<VaultBench> {
  const directory = await mkdtemp(join(tmpdir(), 'adobe-token-vault-bench-'));
  const functionBundles = await writeTinyBundles(join(directory, 'functions'));
  const newOutdir = () => mkdtempSync(join(directory, 'cdk.out-'));
  const emptyApp = () => new App({ outdir: newOutdir(), context: cdk.context });
  return {
    functionBundles,
    newOutdir,
    emptyApp,
    vaultStack: (settings = {}, { app = emptyApp(), id = 'AdobeTokenVault' } = {}) =>
      new TokenVaultStack(app, id, { settings: { ...TEST_SETTINGS, ...settings }, functionBundles }),
    dispose: () => rm(directory, { recursive: true, force: true }),
  };
}

/** Synthesises the app that holds the construct, and reads the template of its stack. */
export function templateOf(construct: IConstruct): TemplateReader {
  const { stackName, node } = Stack.of(construct);
  return templateReader((node.root as App).synth().getStackByName(stackName).template);
}

/** The texts of the warnings under a construct. */
export function warningsUnder({ node }: IConstruct): readonly string[] {
  return node
    .findAll()
    .flatMap(({ node: { metadata } }) => metadata)
    .filter(({ type }) => type === ArtifactMetadataEntryType.WARN)
    .map(({ data }) => String(data));
}
