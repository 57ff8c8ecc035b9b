import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

/** The code every function worker starts with, as one script: workers then need no loader of their own. */
export async function buildHostCode(): Promise<string> {
  const result = await build({
    entryPoints: [fileURLToPath(new URL('./function-host.ts', import.meta.url))],
    bundle: true,
    write: false,
    platform: 'node',
    format: 'cjs',
    target: 'node20',
    logLevel: 'silent',
  });
  return result.outputFiles[0]?.text ?? '';
}
