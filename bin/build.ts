import { fileURLToPath } from 'node:url';
import { DeploymentError } from '../lib/deployment-error.ts';
import { bundleFunctions } from '../lib/packaging/bundling.ts';
import { FUNCTION_NAMES } from '../lib/packaging/function-names.ts';

function inProject(path: string): string {
  return fileURLToPath(new URL(`../${path}`, import.meta.url));
}

try {
  const bundled = await bundleFunctions({
    functionsDirectory: inProject('functions'),
    outputDirectory: inProject('dist'),
    required: FUNCTION_NAMES,
  });
  for (const { name, bytes } of bundled) console.log(`${name.padEnd(28)}${Math.round(bytes / 1024)} KB`);
} catch (error) {
  if (!(error instanceof DeploymentError)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}
