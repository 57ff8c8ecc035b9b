import { spawnSync } from 'node:child_process';
import { mkdir, mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { devNull, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { inRounds, quantile, rounded } from '../statistics.ts';
import { bundleBareClients, clientsOf } from './bare-clients.ts';

export interface StartTime {
  readonly name: string;
  readonly kilobytes: number;
  /** Of one module with only the function's AWS clients. */
  readonly clientsKilobytes: number;
  /** Processor time of a whole process that imports the module and ends, as a multiple of one that imports nothing. */
  readonly timesEmpty: number;
  readonly timesClients: number;
}

export interface StartOptions {
  readonly functionBundles: string;
  readonly rounds: number;
  /** The environment that each function needs at its start. */
  environmentOf(name: string): Readonly<Record<string, string>>;
  readonly names: readonly string[];
}

/** Since the process began, with the start of Node. */
const TELL = 'const { user, system } = process.cpuUsage(); console.log(user + system);';
const PROJECT = fileURLToPath(new URL('../../..', import.meta.url));

/** Starts processes one at a time, each kind in turn. */
export async function measureStarts(
  options: StartOptions,
): Promise<{ emptyMs: number; starts: StartTime[] }> {
  const directory = await mkdtemp(join(tmpdir(), 'adobe-token-vault-start-'));
  try {
    const empty = join(directory, 'empty.mjs');
    await writeFile(empty, 'export const handler = async () => undefined;\n');
    const starts: StartTime[] = [];
    const emptyMs: number[] = [];
    for (const name of options.names) {
      const bundle = join(options.functionBundles, name, 'index.mjs');
      const clients = join(directory, name, 'clients.mjs');
      await mkdir(join(directory, name));
      await bundleBareClients(await clientsOf(options.functionBundles, name), clients, PROJECT);
      const environment = options.environmentOf(name);
      const figures = await inRounds(options.rounds, {
        empty: async () => millisecondsOf(empty, environment),
        clients: async () => millisecondsOf(clients, environment),
        bundle: async () => millisecondsOf(bundle, environment),
      });
      const middle = (values: readonly number[]) => quantile(values, 0.5);
      emptyMs.push(...figures.empty);
      starts.push({
        name,
        kilobytes: await kilobytesOf(bundle),
        clientsKilobytes: await kilobytesOf(clients),
        timesEmpty: rounded(middle(figures.bundle) / middle(figures.empty)),
        timesClients: rounded(middle(figures.bundle) / middle(figures.clients)),
      });
    }
    return { emptyMs: rounded(quantile(emptyMs, 0.5)), starts };
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

async function kilobytesOf(file: string): Promise<number> {
  return Math.round((await stat(file)).size / 1024);
}

function millisecondsOf(file: string, environment: Readonly<Record<string, string>>): number {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [
      '--enable-source-maps',
      '--input-type=module',
      '--eval',
      `await import('${pathToFileURL(file).href}'); ${TELL}`,
    ],
    {
      encoding: 'utf8',
      env: {
        ...environment,
        AWS_REGION: 'us-east-1',
        AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE',
        AWS_SECRET_ACCESS_KEY: 'example',
        AWS_CONFIG_FILE: devNull,
        AWS_SHARED_CREDENTIALS_FILE: devNull,
        AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true',
      },
    },
  );
  if (status !== 0) throw new Error(`${file} did not start: ${stderr}`);
  return Number(stdout.split('\n').at(-2)) / 1000;
}
