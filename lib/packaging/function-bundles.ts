import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

/** The root of this package, in a checkout as in an installation: a package may ask for itself by its name. */
const PACKAGE_ROOT = dirname(createRequire(import.meta.url).resolve('adobe-token-vault/package.json'));

/** One folder per function: what `npm run build` writes into a checkout, and what the published package brings along. */
export const FUNCTION_BUNDLES = join(PACKAGE_ROOT, 'dist/functions');
