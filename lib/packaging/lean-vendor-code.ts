import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import type { Plugin } from 'esbuild';

const CREDENTIAL_CHAIN = '@aws-sdk/credential-provider-node';
/**
 * Lambda passes the role's credentials as environment variables. The other providers of the chain would add four more
 * clients.
 */
const CREDENTIALS_OF_A_FUNCTION = `export { fromEnv as defaultProvider } from '@aws-sdk/credential-provider-env';`;

const SCHEMAS = /@aws-sdk[\\/]client-[a-z-]+[\\/]dist-es[\\/]schemas[\\/]schemas_\d+\.js$/;
const NAMED_TEXT = /^const (_\w+) = ("(?:[^"\\]|\\.)*");$/gm;
const COMPUTED_KEY = /(?<=[{,] )\[(_\w+)\](?=: )/g;

/**
 * Three economies on the packages in a function's bundle:
 * - credentials come from the environment, as they do in Lambda, and from nowhere else;
 * - the SDK's schemas get plain keys instead of computed ones: esbuild keeps every object with a computed key, and with it
 *   the schemas of all operations of a service;
 * - their code is not mapped to its lines: Node reads the whole map of a bundle at each start, and nine tenths of it would
 *   be theirs. Frames of our own code are mapped; theirs show the place in the bundle.
 */
export const leanVendorCode: Plugin = {
  name: 'lean-vendor-code',
  setup(build) {
    build.onResolve({ filter: new RegExp(`^${CREDENTIAL_CHAIN}$`) }, ({ path, resolveDir }) => ({
      path,
      namespace: 'function-credentials',
      pluginData: resolveDir,
    }));
    build.onLoad({ filter: /.*/, namespace: 'function-credentials' }, ({ pluginData }) => ({
      contents: CREDENTIALS_OF_A_FUNCTION,
      resolveDir: pluginData,
    }));
    build.onLoad({ filter: /[\\/]node_modules[\\/].*\.m?js$/ }, async ({ path }) => {
      const code = await readFile(path, 'utf8');
      const lean = SCHEMAS.test(path) ? withPlainKeys(code) : code;
      return { contents: lean + mapOfNothing(basename(path)), loader: 'js' };
    });
  },
};

export function withPlainKeys(schemas: string): string {
  const texts = new Map([...schemas.matchAll(NAMED_TEXT)].map(([, name = '', text = '']) => [name, text]));
  return schemas.replaceAll(COMPUTED_KEY, (key, name: string) => texts.get(name) ?? key);
}

/** One mapping for the whole file: esbuild ignores a map without any. */
function mapOfNothing(file: string): string {
  const map = JSON.stringify({ version: 3, sources: [file], names: [], mappings: 'AAAA' });
  return `\n//# sourceMappingURL=data:application/json;base64,${Buffer.from(map).toString('base64')}`;
}
