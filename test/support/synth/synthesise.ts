import cdk from '../../../cdk.json' with { type: 'json' };
import { createVaultApp } from '../../../lib/vault-app.ts';
import { TEST_SETTINGS } from './test-settings.ts';

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
