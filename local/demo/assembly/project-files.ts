import { fileURLToPath } from 'node:url';

/** A path inside the project, whatever the working directory is. */
export const inProject = (path: string): string =>
  fileURLToPath(new URL(`../../../${path}`, import.meta.url));
