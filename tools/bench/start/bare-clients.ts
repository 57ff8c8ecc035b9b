import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { build } from 'esbuild';
import { FUNCTION_BUNDLE } from '../../../lib/packaging/bundling.ts';

const CLIENT_OF: Readonly<Record<string, readonly [client: string, command: string]>> = {
  'client-dynamodb': ['DynamoDBClient', 'GetItemCommand'],
  'client-eventbridge': ['EventBridgeClient', 'PutEventsCommand'],
  'client-kms': ['KMSClient', 'DecryptCommand'],
  'client-lambda': ['LambdaClient', 'InvokeCommand'],
  'client-scheduler': ['SchedulerClient', 'CreateScheduleCommand'],
  'client-secrets-manager': ['SecretsManagerClient', 'GetSecretValueCommand'],
};

interface Meta {
  readonly inputs: Readonly<Record<string, object>>;
}

/** The AWS clients that went into a function's bundle. */
export async function clientsOf(functionBundles: string, name: string): Promise<readonly string[]> {
  const meta = JSON.parse(await readFile(join(functionBundles, `../meta/${name}.json`), 'utf8')) as Meta;
  const paths = Object.keys(meta.inputs).join('\n');
  return Object.keys(CLIENT_OF).filter((client) => paths.includes(`/@aws-sdk/${client}/`));
}

/** A module that only creates these clients with one command each, bundled as the functions are. */
export async function bundleBareClients(
  clients: readonly string[],
  outfile: string,
  resolveDir: string,
): Promise<void> {
  const parts = clients.map((client) => {
    const [type = '', command = ''] = CLIENT_OF[client] ?? [];
    return {
      import: `import { ${type}, ${command} } from '@aws-sdk/${client}';`,
      made: `[new ${type}({}), ${command}]`,
    };
  });
  const contents = [
    ...parts.map((part) => part.import),
    `export const clients = [${parts.map(({ made }) => made).join(', ')}];`,
    'export const handler = async () => clients.length;',
  ].join('\n');
  await build({
    stdin: { contents, resolveDir, loader: 'ts' },
    outfile,
    ...FUNCTION_BUNDLE,
  });
}
