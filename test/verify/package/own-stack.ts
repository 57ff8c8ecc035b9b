import assert from 'node:assert/strict';
import { createLocalStack } from '../../../local/stack/local-stack.ts';
import { run } from './packed-package.ts';

const REGION = 'eu-west-1';
const EVERYTHING = { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: '*', Resource: '*' }] };

/**
 * Runs a synthesised stack of one's own on the local stack, with the bundles of the installed package, and asks the command
 * line of that package for it.
 *
 * @param directory the project in which the package is installed
 */
export async function findOwnStack(directory: string, cdkOut: string): Promise<string> {
  const stack = createLocalStack({ cdkOut, region: REGION });
  await stack.start();
  try {
    const { accessKeyId, secretAccessKey } = stack.iam.addOperator('Operator', EVERYTHING);
    const { PATH = '' } = process.env;
    const env = {
      PATH,
      AWS_REGION: REGION,
      AWS_ACCESS_KEY_ID: accessKeyId,
      AWS_SECRET_ACCESS_KEY: secretAccessKey,
      AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true',
    };
    const cli = async (...args: readonly string[]) => {
      const place = ['--region', REGION, '--endpoint', stack.awsEndpointUrl];
      const command = ['--no-install', 'adobe-token-vault', ...args, ...place];
      return run('npx', command, { cwd: directory, env }).then(
        ({ stdout }) => ({ code: 0, text: stdout }),
        ({ code, stdout, stderr }: { code: number; stdout: string; stderr: string }) => ({
          code,
          text: stdout + stderr,
        }),
      );
    };
    const [found, wrong] = await Promise.all([
      cli('list', '--stack', 'Photos'),
      cli('list', '--stack', 'Fotos'),
    ]);
    assert.deepEqual([found.code, found.text.trim()], [0, 'No connection matches.']);
    assert.equal(wrong.code, 1);
    assert.match(wrong.text, /There is no stack Fotos in eu-west-1[\s\S]*--stack Photos/);
    assert.deepEqual(stack.problems(), []);
  } finally {
    await stack.stop();
  }
  return 'list answers from the vault; for a wrong name, the command line names this stack';
}
