import { spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { DemoError } from '../demo-error.ts';
import { inProject } from './project-files.ts';

export interface Synthesis {
  readonly settings: object;
  readonly functionBundles: string;
  readonly outdir: string;
}

/** In a process of its own, as the CDK itself runs an app: the CDK and its rules would stay in this one's memory. */
export async function synthesise({ settings, functionBundles, outdir }: Synthesis): Promise<void> {
  const cdk: { context: object } = JSON.parse(await readFile(inProject('cdk.json'), 'utf8'));
  const context = { ...cdk.context, vault: settings, example: 'true', functionBundles };
  const child = spawn(process.execPath, ['--import', 'tsx', inProject('bin/vault.ts')], {
    cwd: inProject(''),
    env: {
      ...process.env,
      CDK_OUTDIR: outdir,
      CDK_CONTEXT_JSON: JSON.stringify(context),
      // CloudFormation's own rules take longer than all the rest, and are for what is deployed.
      CDK_VALIDATION: 'false',
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const kill = (): void => void child.kill();
  process.once('exit', kill);
  const output: string[] = [];
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (chunk: string) => output.push(chunk));
  }
  const exitCode = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  process.off('exit', kill);
  if (exitCode !== 0) throw new DemoError('SYNTHESIS_FAILED', `The synthesis failed:\n${output.join('')}`);
}
