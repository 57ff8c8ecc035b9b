import { readFile } from 'node:fs/promises';
import { join, posix } from 'node:path';
import { FUNCTION_NAMES } from '../../../lib/packaging/function-names.ts';
import type { PackedFile, PackedPackage } from './packed-package.ts';

const MAX_PACKED_BYTES = 4_000_000;

interface Kind {
  readonly path: RegExp;
  readonly maxBytes: number;
  /** Files of this kind that must be there. */
  readonly needed: readonly string[];
}

const folders = FUNCTION_NAMES.join('|');

/** Everything the package may hold. */
const KINDS: readonly Kind[] = [
  {
    path: /^(package\.json|README\.md|LICENSE|CHANGELOG\.md|dist\/THIRD-PARTY-NOTICES\.txt)$/,
    maxBytes: 200_000,
    needed: ['package.json', 'README.md', 'LICENSE', 'CHANGELOG.md', 'dist/THIRD-PARTY-NOTICES.txt'],
  },
  {
    path: /^dist\/(cjs\/(lib|client)\/.+|esm\/(client\/.+|lib\/index))\.(js|d\.ts)$/,
    maxBytes: 40_000,
    needed: ['esm', 'cjs'].flatMap((kind) =>
      ['lib/index', 'client/index', 'client/testing'].flatMap((module) => [
        `dist/${kind}/${module}.js`,
        `dist/${kind}/${module}.d.ts`,
      ]),
    ),
  },
  {
    // What the construct's declarations say of a function's environment.
    path: /^dist\/cjs\/functions\/(adapters\/env\/[a-z-]+|[a-z-]+\/env)\.(js|d\.ts)$/,
    maxBytes: 10_000,
    needed: [],
  },
  // Says what kind of modules lie beside it.
  { path: /^dist\/cjs\/package\.json$/, maxBytes: 100, needed: ['dist/cjs/package.json'] },
  {
    path: new RegExp(`^dist/functions/(${folders})/index\\.mjs$`),
    maxBytes: 700_000,
    needed: FUNCTION_NAMES.map((name) => `dist/functions/${name}/index.mjs`),
  },
  {
    path: /^dist\/cli\/adobe-token-vault\.mjs$/,
    maxBytes: 2_000_000,
    needed: ['dist/cli/adobe-token-vault.mjs'],
  },
  { path: new RegExp(`^dist/functions/(${folders})/index\\.mjs\\.map$`), maxBytes: 1_500_000, needed: [] },
];

/** Long-lived AWS keys, private keys, and the form of Adobe's client secrets. */
const SECRET = /\bAKIA[A-Z0-9]{16}\b|-----BEGIN [A-Z ]*PRIVATE KEY-----|\bp8e-[\w-]{20,}/;
/** Where files lie on the machine that built the package. */
const MACHINE_PATH = /(?:^|["'\s(])(?:file:\/\/)?\/(?:home|Users|root|tmp|work|github)\/[\w.-]+/;

/** What is wrong with a packed package, one sentence each. */
export async function checkContents(packed: PackedPackage, unpacked: string): Promise<readonly string[]> {
  const paths = new Set(packed.files.map(({ path }) => path));
  const missing = KINDS.flatMap(({ needed }) => needed).filter((path) => !paths.has(path));
  const complaints = await Promise.all(packed.files.map((file) => checkFile(file, unpacked)));
  return [
    ...missing.map((path) => `${path} is missing.`),
    ...(packed.packedBytes > MAX_PACKED_BYTES ? [`It packs to ${packed.packedBytes} bytes.`] : []),
    ...complaints.flat(),
  ];
}

async function checkFile({ path, size }: PackedFile, unpacked: string): Promise<readonly string[]> {
  const kind = KINDS.find((one) => one.path.test(path));
  if (kind === undefined) return [`${path} does not belong there.`];
  const text = await readFile(join(unpacked, path), 'utf8');
  return [
    ...(size > kind.maxBytes ? [`${path} has ${size} bytes.`] : []),
    ...(SECRET.test(text) ? [`${path} holds what looks like a secret.`] : []),
    ...(MACHINE_PATH.test(text) ? [`${path} names a path of the machine that built it.`] : []),
    ...(path.endsWith('.map') ? sourcesOutside(path, text) : []),
  ];
}

/** Sources of a map that are absolute or lie above the package. */
function sourcesOutside(path: string, text: string): readonly string[] {
  const { sources } = JSON.parse(text) as { readonly sources: readonly string[] };
  return sources
    .filter((source) => /^\/|:/.test(source) || posix.join(posix.dirname(path), source).startsWith('..'))
    .map((source) => `${path} points outside: ${source}`);
}
