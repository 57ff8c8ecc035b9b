import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cruise, type ICruiseResult, type IFlattenedRuleSet } from 'dependency-cruiser';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import config from '../../.dependency-cruiser.json' with { type: 'json' };
import tsconfig from '../../tsconfig.json' with { type: 'json' };

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
/** Tests may import anything, and use syntax (`using`) that the cruiser's parser does not know. */
const AREAS = ['bin', 'docs/examples', 'lib', 'functions', 'local'];
const FEWEST_MODULES = 50;

/** One file per rule that breaks it. Targets need not exist, but for the rules about what they are. */
const VIOLATIONS: Readonly<Record<string, { readonly file: string; readonly imports: string }>> = {
  'bin-imports-lib-only': { file: 'bin/broken.ts', imports: '../functions/core/domain/target.ts' },
  'lib-imports-environments-only': { file: 'lib/broken.ts', imports: '../functions/rotate/event.ts' },
  'functions-never-import-infrastructure': { file: 'functions/rotate/a.ts', imports: '../../lib/target.ts' },
  'cdk-in-infrastructure-only': { file: 'local/stack/a.ts', imports: 'aws-cdk-lib/aws-iam' },
  'examples-import-the-package-only': {
    file: 'docs/examples/one/handler.ts',
    imports: '../../../functions/client/contract.ts',
  },
  'nothing-imports-examples': { file: 'lib/broken-d.ts', imports: '../docs/examples/one/target.ts' },
  'nothing-imports-tests': { file: 'local/stack/b.ts', imports: '../../test/support/target.ts' },
  'nothing-imports-the-local-stack': { file: 'lib/broken-b.ts', imports: '../local/stack/target.ts' },
  'domain-imports-nothing': { file: 'functions/core/domain/a.ts', imports: '../ports/target.ts' },
  'ports-import-the-domain-only': { file: 'functions/core/ports/a.ts', imports: 'node:crypto' },
  'application-imports-ports-and-domain-only': {
    file: 'functions/core/application/a.ts',
    imports: 'valibot',
  },
  'adapter-imports-the-core-only': { file: 'functions/platform/kms/a.ts', imports: '../dynamodb/target.ts' },
  'only-http-speaks-the-contract': {
    file: 'functions/platform/kms/b.ts',
    imports: '../../client/contract.ts',
  },
  'only-kms-and-the-client-know-the-sealed-format': {
    file: 'functions/platform/dynamodb/a.ts',
    imports: '../../client/sealed-token/target.ts',
  },
  'sealed-format-is-pure': { file: 'functions/client/sealed-token/a.ts', imports: '../contract.ts' },
  'vendor-sdk-in-platform-only': { file: 'functions/rotate/b.ts', imports: '@aws-sdk/client-kms' },
  'aws-client-in-its-own-folder': { file: 'functions/platform/kms/c.ts', imports: '@aws-sdk/client-lambda' },
  'client-signs-and-nothing-else': { file: 'functions/client/a.ts', imports: 'jose' },
  'client-stands-alone': { file: 'functions/client/b.ts', imports: '../core/domain/target.ts' },
  'environment-imports-its-fields-only': {
    file: 'functions/guard/env.ts',
    imports: '../platform/kms/target.ts',
  },
  'handler-wires': { file: 'functions/guard/handler.ts', imports: '../core/domain/target.ts' },
  'example-uses-the-client-only': {
    file: 'functions/example-reader/a.ts',
    imports: '../platform/http/target.ts',
  },
  'transport-imports-use-cases': { file: 'functions/guard/event.ts', imports: '../platform/kms/target.ts' },
  'command-line-wires-itself': { file: 'functions/cli/a.ts', imports: '../rotate/event.ts' },
  'only-bin-runs-the-command-line': { file: 'functions/guard/b.ts', imports: '../cli/target.ts' },
  'nobody-imports-a-handler': { file: 'functions/guard/a.ts', imports: './handler.ts' },
  'policy-engine-behind-one-file': { file: 'local/aws/other.ts', imports: '@cloud-copilot/iam-simulate' },
  'never-import-your-own-index': { file: 'functions/client/c.ts', imports: './index.ts' },
  'no-cycles': { file: 'lib/circle.ts', imports: './circle.ts' },
  'everything-resolves': { file: 'lib/broken-c.ts', imports: './there-is-no-such-file.ts' },
};

const TARGETS = [
  'docs/examples/one/target.ts',
  'functions/core/domain/target.ts',
  'functions/core/ports/target.ts',
  'functions/platform/dynamodb/target.ts',
  'functions/platform/kms/target.ts',
  'functions/platform/http/target.ts',
  'functions/client/contract.ts',
  'functions/client/sealed-token/target.ts',
  'functions/client/index.ts',
  'functions/cli/target.ts',
  'functions/rotate/event.ts',
  'lib/target.ts',
  'local/stack/target.ts',
  'test/support/target.ts',
];

/** The examples import the package by its name. */
const aliases = (baseDir: string) =>
  Object.entries(tsconfig.compilerOptions.paths).map(([name, [target]]) => ({
    name,
    alias: join(baseDir, target ?? ''),
    onlyModule: true,
  }));

async function cruiseTree(baseDir: string): Promise<ICruiseResult> {
  const { options, forbidden } = config;
  const { output } = await cruise(
    AREAS,
    { ...options, baseDir, validate: true, ruleSet: { forbidden } as IFlattenedRuleSet } as Parameters<
      typeof cruise
    >[1],
    { ...options.enhancedResolveOptions, alias: aliases(baseDir) } as Parameters<typeof cruise>[2],
  );
  if (typeof output === 'string') throw new Error(`Expected a result, got a report: ${output}`);
  return output;
}

describe('the import rules', () => {
  it('hold in every module of the project', async () => {
    const { summary } = await cruiseTree(ROOT);

    expect(summary.totalCruised, 'a cruise that sees nothing is always green').toBeGreaterThan(
      FEWEST_MODULES,
    );
    expect(summary.violations.map(({ rule, from, to }) => `${rule.name}: ${from} -> ${to}`)).toEqual([]);
  });

  describe('bite', () => {
    let tree: string;
    let violated: readonly string[];

    beforeAll(async () => {
      tree = await mkdtemp(join(tmpdir(), 'import-rules-'));
      for (const file of TARGETS) await write(file, 'export const target = 1;\n');
      for (const { file, imports } of Object.values(VIOLATIONS)) {
        await write(file, `import * as imported from '${imports}';\nexport const value = imported;\n`);
      }
      const { summary } = await cruiseTree(tree);
      violated = summary.violations.map(({ rule, from }) => `${rule.name}: ${from}`);
    });

    afterAll(() => rm(tree, { recursive: true, force: true }));

    async function write(file: string, content: string): Promise<void> {
      await mkdir(dirname(join(tree, file)), { recursive: true });
      await writeFile(join(tree, file), content);
    }

    it.each(config.forbidden.map(({ name }) => name))('%s', (name) => {
      expect(violated).toContain(`${name}: ${VIOLATIONS[name]?.file}`);
    });
  });
});

describe('what the cruiser cannot see', () => {
  it('lib imports an environment as a type only', async () => {
    const lines = await linesOf('lib');

    const imports = lines.filter((line) => /from '(\.\.\/)+functions\//.test(line));
    expect(imports.length).toBeGreaterThan(0);
    expect(imports.filter((line) => !line.startsWith('import type '))).toEqual([]);
  });

  it('no test talks to the policy engine itself', async () => {
    const lines = await linesOf('test');

    expect(lines.filter((line) => /^import .*'@cloud-copilot\//.test(line))).toEqual([]);
  });
});

async function linesOf(area: string): Promise<readonly string[]> {
  const names = await readdir(join(ROOT, area), { recursive: true });
  const files = names.filter((name) => name.endsWith('.ts'));
  const texts = await Promise.all(files.map((name) => readFile(join(ROOT, area, name), 'utf8')));
  return texts.flatMap((text) => text.split('\n'));
}
