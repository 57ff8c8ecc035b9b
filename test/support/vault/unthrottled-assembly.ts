import { readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

const TEMPLATE = /\.template\.json$/;
const THROTTLE = /"(Throttling(?:RateLimit|BurstLimit))": ?[\d.]+/g;

/** The same deployment without throttling, for tests whose requests would mostly get a 429. */
export async function linkUnthrottled(cdkOut: string, directory: string): Promise<void> {
  for (const name of await readdir(cdkOut)) {
    const [from, to] = [join(cdkOut, name), join(directory, name)];
    if (!TEMPLATE.test(name)) {
      await symlink(from, to);
      continue;
    }
    const template = await readFile(from, 'utf8');
    await writeFile(to, template.replaceAll(THROTTLE, '"$1": 1000000'));
  }
}
