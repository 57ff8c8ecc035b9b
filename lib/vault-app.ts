import { App, type AppProps, Validations } from 'aws-cdk-lib';
import { AwsSolutionsChecks } from 'cdk-nag';
import { BrowserFrontStack } from './browser-front-stack.ts';
import type { TokenVault } from './constructs/token-vault.ts';
import { tagVault } from './constructs/vault-name.ts';
import { ExampleConsumerStack } from './example-consumer-stack.ts';
import { FUNCTION_BUNDLES } from './packaging/function-bundles.ts';
import { nameOfStack, parseAppSettings } from './settings/app-settings.ts';
import { settingsFromContext } from './settings/settings-from-context.ts';
import type { TokenVaultSettings } from './settings/token-vault-settings.ts';
import { TokenVaultStack } from './token-vault-stack.ts';

/**
 * The CDK app. The context says what it holds:
 * - `vault`: the settings of the vault, its `stage` (several vaults in one account), and `terminationProtection` (off by
 *   default: turn it on after the first deployment has succeeded);
 * - `example=true`: a second stack with a Lambda that uses the vault;
 * - `functionBundles`: a folder with bundles that were built elsewhere.
 *
 * Every rule violation that is not acknowledged fails the synthesis.
 */
export function createVaultApp(props: AppProps = {}): App {
  const app = new App(props);
  const { stage, terminationProtection, vault: settings } = parseAppSettings(settingsFromContext(app));
  const functionBundles = String(app.node.tryGetContext('functionBundles') ?? FUNCTION_BUNDLES);
  const { vault } = new TokenVaultStack(app, nameOfStack('AdobeTokenVault', stage), {
    // The construct checks what the context holds.
    settings: settings as unknown as TokenVaultSettings,
    functionBundles,
    terminationProtection,
  });
  addBrowserFront(app, nameOfStack('AdobeTokenVaultFront', stage), vault);
  if (String(app.node.tryGetContext('example')) === 'true') {
    new ExampleConsumerStack(app, nameOfStack('AdobeTokenVaultExample', stage), { vault, functionBundles });
  }
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
  return app;
}

/** Added only if the settings name a certificate for it. */
function addBrowserFront(app: App, id: string, { settings, vaultName }: TokenVault): void {
  const { browserDomainName, browserCertificateArn, domainName, tags } = settings;
  if (browserDomainName === undefined || browserCertificateArn === undefined || domainName === undefined) {
    return;
  }
  const front = new BrowserFrontStack(app, id, {
    domainName: browserDomainName,
    certificateArn: browserCertificateArn,
    vaultDomainName: domainName,
  });
  tagVault(front, vaultName, tags);
}
