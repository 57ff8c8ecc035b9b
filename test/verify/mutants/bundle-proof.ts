import { relative } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build, type Plugin } from 'esbuild';
import { type Edit, withEdits } from './locate-change.ts';
import type { Proof } from './mutant.ts';
import { ROOT, sourceOf } from './source-symbols.ts';

const SOURCE_FILES = /\.ts$/;

/**
 * Writes one file with the proof and all of our sources that it needs, edited; packages stay outside. Nothing else loads a
 * module under this name, so mutants and the unmutated code can be loaded in one process.
 */
export async function bundleProof(proof: Proof, edits: readonly Edit[], outfile: string): Promise<void> {
  const unapplied = new Set(edits);
  await build({
    stdin: { contents: entryOf(proof), resolveDir: ROOT, sourcefile: 'proof.ts', loader: 'ts' },
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    packages: 'external',
    outfile,
    logLevel: 'silent',
    plugins: [loading(edits, unapplied)],
  });
  const [unused] = unapplied;
  if (unused) throw new Error(`The proof does not load ${unused.file}: it cannot see the mutant.`);
}

function entryOf(proof: Proof): string {
  switch (proof.kind) {
    case 'test file':
      return `import './${proof.file}';`;
    case 'crash points':
      return calling('proveCrashPoints', 'prove-crash-points', proof.scenario, proof.modes);
    case 'answers':
      return calling('proveAnswers', 'prove-answers', proof.scenario, proof.modes);
    case 'races':
      return calling('proveRaces', 'prove-races', proof.runs, proof.seed);
    case 'bad hour':
      return calling('proveBadHour', 'prove-bad-hour', proof.condition, proof.connections);
  }
}

function calling(name: string, file: string, ...values: readonly unknown[]): string {
  const list = values.map((value) => JSON.stringify(value)).join(', ');
  return `import { ${name} } from './test/verify/mutants/${file}.ts';\n${name}(${list});`;
}

function loading(edits: readonly Edit[], unapplied: Set<Edit>): Plugin {
  return {
    name: 'mutants',
    setup({ onLoad }) {
      onLoad({ filter: SOURCE_FILES }, ({ path }) => {
        const file = relative(ROOT, path).replaceAll('\\', '/');
        const own = edits.filter((edit) => edit.file === file);
        for (const edit of own) unapplied.delete(edit);
        const contents = withEdits(sourceOf(file), own);
        // A source that reads a file next to it must find that file.
        return {
          contents: contents.replaceAll('import.meta.url', JSON.stringify(pathToFileURL(path).href)),
          loader: 'ts',
        };
      });
    },
  };
}
