import { fileURLToPath } from 'node:url';

/** A path inside the project, whatever the working directory is. */
export function inProject(path: string): string {
  return fileURLToPath(new URL(`../../../${path}`, import.meta.url));
}
