import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { expect, test } from 'vitest';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
const MAX_BYTES = 60_000;

/** What every client of the AWS SDK carries already: credentials, signing, hashing. */
const SDK_CORE = `
  export { defaultProvider } from '@aws-sdk/credential-provider-node';
  export { SignatureV4 } from '@smithy/signature-v4';
  export { Sha256 } from '@aws-crypto/sha256-js';
`;

async function minifiedBytes(contents: string): Promise<number> {
  const { outputFiles } = await build({
    stdin: { contents, resolveDir: ROOT, loader: 'ts' },
    write: false,
    bundle: true,
    minify: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    mainFields: ['module', 'main'],
    logLevel: 'silent',
  });
  return outputFiles.reduce((sum, { contents: bytes }) => sum + bytes.length, 0);
}

test('the client adds less than 60 KB, minified, to the core of the AWS SDK', async () => {
  const [core, whole] = await Promise.all([
    minifiedBytes(SDK_CORE),
    minifiedBytes(`export * from './client/index.ts';`),
  ]);
  expect(core).toBeGreaterThan(MAX_BYTES);
  expect(whole - core).toBeGreaterThan(5000);
  expect(whole - core).toBeLessThan(MAX_BYTES);
});
