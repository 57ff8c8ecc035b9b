import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { App } from 'aws-cdk-lib';
import { INPUTS } from './inputs.ts';
import type { Case } from './pieces.ts';
import { PLACES } from './places.ts';

// Synthesises each case into a folder of its own, and prints what came of it, one line of JSON each.

const [outdir = 'cdk.out', contextFile] = process.argv.slice(2);
const context = contextFile === undefined ? {} : JSON.parse(readFileSync(contextFile, 'utf8'));
const cases: Readonly<Record<string, Case>> = { ...PLACES, ...INPUTS };

for (const [position, [name, build]] of Object.entries(cases).entries()) {
  const directory = join(outdir, String(position));
  mkdirSync(directory, { recursive: true });
  const app = new App({ outdir: directory, context });
  const startedMs = performance.now();
  const thrown = synthesise(app, build);
  const seconds = (performance.now() - startedMs) / 1_000;
  process.stdout.write(
    `\n${JSON.stringify({ name, directory, seconds, thrown, warnings: warningsOf(app) })}\n`,
  );
}

function synthesise(app: App, build: Case): { code: unknown; message: string } | undefined {
  try {
    build(app);
    app.synth();
    return undefined;
  } catch (error) {
    const { code, message } = error as { code?: unknown; message: string };
    return { code, message };
  }
}

function warningsOf(app: App): readonly string[] {
  return app.node
    .findAll()
    .flatMap(({ node: { metadata } }) => metadata)
    .filter(({ type }) => type === 'aws:cdk:warning')
    .map(({ data }) => String(data));
}
