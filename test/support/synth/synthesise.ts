import cdk from '../../../cdk.json' with { type: 'json' };
import { createVaultApp } from '../../../lib/vault-app.ts';
import type { VaultSettingsInput } from '../../../lib/vault-settings.ts';

/** The settings of the tests: the project's own may be edited by whoever deploys it. */
export const TEST_SETTINGS: VaultSettingsInput = {
  clientId: 'test-client-id',
  scopes: ['openid', 'AdobeID', 'offline_access', 'lr_partner_apis', 'lr_partner_rendition_apis'],
  returnUrls: ['https://app.example.test/adobe/connected'],
};

export interface Synthesis {
  readonly functionBundles: string;
  readonly outdir: string;
  /** Added to the context, as with `-c` on the command line: `{ 'vault.clientId': 'abc' }`. */
  readonly context?: Readonly<Record<string, unknown>>;
}

/** The project's own app, with the project's feature flags, written to `outdir` as a cloud assembly. */
export function synthesise({ functionBundles, outdir, context = {} }: Synthesis) {
  return createVaultApp({
    outdir,
    context: { ...cdk.context, vault: TEST_SETTINGS, functionBundles, ...context },
  }).synth();
}
