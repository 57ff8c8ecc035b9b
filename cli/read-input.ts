import { CliError } from './cli-error.ts';
import type { CliWorld } from './cli-world.ts';

/** A file, or stdin for `-`. What it holds may be secret: nothing of it gets into an error. */
export async function readInput(
  { readFile, readStdin }: Pick<CliWorld, 'readFile' | 'readStdin'>,
  path: string,
): Promise<string> {
  if (path === '-') return readStdin();
  try {
    return await readFile(path);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
    throw new CliError('file_unreadable', `${path} could not be read (${code}).`, { exitCode: 2 });
  }
}
