import { writeFileSync } from 'node:fs';
import { createVaultBench, templateOf } from '../../support/synth/vault-bench.ts';
import { durableResources } from './durable-resources.ts';

/** Accepts the durable resources as they are now: what was recorded before is what deployed vaults have. */
const bench = await createVaultBench();
try {
  const recorded = durableResources(templateOf(bench.vaultStack()));
  const file = new URL('durable-resources.json', import.meta.url);
  writeFileSync(file, `${JSON.stringify(recorded, undefined, 2)}\n`);
} finally {
  await bench.dispose();
}
