import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { App } from 'aws-cdk-lib';
import { build } from 'esbuild';
import { FixtureConsumerStack } from './fixture-consumer-stack.ts';
import { FixtureStack } from './fixture-stack.ts';

/** Synthesises a small app with the same kinds of resources as the product and answers its `cdk.out`. */
export async function synthesiseFixture(): Promise<string> {
  const directory = mkdtempSync(join(tmpdir(), 'local-stack-fixture-'));
  const codePath = join(directory, 'code');
  await build({
    entryPoints: [fileURLToPath(new URL('./fixture-functions.ts', import.meta.url))],
    outfile: join(codePath, 'index.mjs'),
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    mainFields: ['module', 'main'],
    logLevel: 'silent',
  });
  const app = new App({ outdir: join(directory, 'cdk.out') });
  const { table, key, api } = new FixtureStack(app, 'Fixture', { codePath });
  new FixtureConsumerStack(app, 'FixtureConsumer', { codePath, table, key, api });
  return app.synth().directory;
}
