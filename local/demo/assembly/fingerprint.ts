import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { inProject } from './project-files.ts';

const FOLDERS = ['bin', 'functions', 'lib'];
const FILES = ['cdk.json', 'package-lock.json'];

/** One digest over everything that the synthesised stacks are made from. */
export async function fingerprintOf(settings: object): Promise<string> {
  const inFolders = await Promise.all(FOLDERS.map(filesIn));
  const paths = [...inFolders.flat(), ...FILES].sort();
  const contents = await Promise.all(paths.map((path) => readFile(inProject(path))));
  const digest = createHash('sha256').update(JSON.stringify(settings));
  for (const [index, path] of paths.entries()) digest.update(`\0${path}\0`).update(contents[index] ?? '');
  return digest.digest('hex').slice(0, 32);
}

async function filesIn(folder: string): Promise<string[]> {
  const entries = await readdir(inProject(folder), { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(inProject('').length));
}
