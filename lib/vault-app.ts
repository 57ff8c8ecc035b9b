import { App, type AppProps, Validations } from 'aws-cdk-lib';
import { AwsSolutionsChecks } from 'cdk-nag';
import { DeploymentError } from './deployment-error.ts';
import { ExampleConsumerStack } from './example-consumer-stack.ts';
import { FUNCTION_BUNDLES } from './function-bundles.ts';
import { settingsFromContext } from './settings-from-context.ts';
import { TokenVaultStack } from './token-vault-stack.ts';
import type { VaultSettingsInput } from './vault-settings.ts';

const STAGE = /^[a-z][a-z0-9-]{0,15}$/;

/**
 * The CDK app. The context says what it holds:
 * - `vault`: the settings of the vault, and `stage`, which tells several vaults of one account apart;
 * - `example=true`: a second stack with a Lambda that uses the vault;
 * - `functionBundles`: a folder with bundles that were built elsewhere.
 *
 * Every rule violation that nobody acknowledged fails the synthesis.
 */
export function createVaultApp(props: AppProps = {}): App {
  const app = new App(props);
  const { stage, ...settings } = settingsFromContext(app);
  const functionBundles = String(app.node.tryGetContext('functionBundles') ?? FUNCTION_BUNDLES);
  const { vault } = new TokenVaultStack(app, nameOfStack('AdobeTokenVault', stage), {
    // Whatever it is, the construct checks it.
    settings: settings as VaultSettingsInput,
    functionBundles,
  });
  if (String(app.node.tryGetContext('example')) === 'true') {
    new ExampleConsumerStack(app, nameOfStack('AdobeTokenVaultExample', stage), { vault, functionBundles });
  }
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
  return app;
}

function nameOfStack(name: string, stage: unknown): string {
  if (stage === undefined) return name;
  if (typeof stage === 'string' && STAGE.test(stage)) return `${name}-${stage}`;
  throw new DeploymentError(
    'SETTING_INVALID',
    'The setting vault.stage must be 1 to 16 lower-case letters, digits and hyphens, and start with a letter.',
  );
}
