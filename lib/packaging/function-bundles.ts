import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

/** Root of this package, in a checkout and in an installation: a package can resolve itself by its name. */
const PACKAGE_ROOT = dirname(createRequire(import.meta.url).resolve('adobe-token-vault/package.json'));

/** One folder per function: written by `npm run build` in a checkout, and part of the published package. */
export const FUNCTION_BUNDLES = join(PACKAGE_ROOT, 'dist/functions');
