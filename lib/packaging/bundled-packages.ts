import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** A package with at least one file in a bundle. */
export interface BundledPackage {
  readonly name: string;
  readonly version: string;
  /** As the package states it: an SPDX expression. */
  readonly license: string;
  readonly directory: string;
}

interface Metafile {
  readonly outputs: Readonly<
    Record<string, { readonly inputs: Readonly<Record<string, { bytesInOutput: number }>> }>
  >;
}

const INSIDE_PACKAGE = /^(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+(?=\/)/;

/**
 * Every package that the build put into a bundle, by name.
 *
 * @param metaDirectory what the build wrote about its bundles, one file each
 * @param root where the build ran: its files are named relative to it
 */
export async function bundledPackages(
  metaDirectory: string,
  root: string,
): Promise<readonly BundledPackage[]> {
  const metafiles = await Promise.all(
    (await readdir(metaDirectory)).map((file) => readFile(join(metaDirectory, file), 'utf8')),
  );
  const inputs = metafiles.flatMap((text) => usedInputs(JSON.parse(text)));
  const directories = new Set(inputs.flatMap((path) => INSIDE_PACKAGE.exec(path) ?? []));
  const packages = await Promise.all([...directories].map((directory) => describe(join(root, directory))));
  return packages.sort((a, b) => (identity(a) < identity(b) ? -1 : 1));
}

/** Name in a bill of materials. */
export function identity({ name, version }: Pick<BundledPackage, 'name' | 'version'>): string {
  return `${name}@${version}`;
}

function usedInputs({ outputs }: Metafile): readonly string[] {
  return Object.values(outputs).flatMap(({ inputs }) =>
    Object.entries(inputs).flatMap(([path, { bytesInOutput }]) => (bytesInOutput > 0 ? [path] : [])),
  );
}

async function describe(directory: string): Promise<BundledPackage> {
  const { name, version, license } = JSON.parse(await readFile(join(directory, 'package.json'), 'utf8'));
  return { name, version, license: String(license ?? 'none stated'), directory };
}
