import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { createVaultApp } from '../../../lib/vault-app.ts';

const CDK_JSON = fileURLToPath(new URL('../../../cdk.json', import.meta.url));

export interface Synthesis {
  readonly functionBundles: string;
  readonly outdir: string;
  /** Added to the context of `cdk.json`, as with `-c` on the command line: `{ 'vault.clientId': 'abc' }`. */
  readonly context?: Readonly<Record<string, unknown>>;
}

/** The project's own app with the context of `cdk.json`, written to `outdir`. */
export function synthesise({ functionBundles, outdir, context = {} }: Synthesis): void {
  createVaultApp({ functionBundles, outdir, context: { ...contextOfProject(), ...context } }).synth();
}

export function contextOfProject(): Record<string, unknown> {
  const { context } = JSON.parse(readFileSync(CDK_JSON, 'utf8')) as { context: Record<string, unknown> };
  return context;
}
