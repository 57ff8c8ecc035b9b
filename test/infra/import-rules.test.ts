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
const AREAS = ['bin', 'client', 'cli', 'examples', 'lib', 'functions', 'local'];
const FEWEST_MODULES = 50;

/** One file per rule that breaks it. Targets need not exist, but for the rules about what they are. */
const VIOLATIONS: Readonly<Record<string, { readonly file: string; readonly imports: string }>> = {
  'bin-imports-lib-only': { file: 'bin/broken.ts', imports: '../functions/core/rotation/target.ts' },
  'lib-imports-environments-only': { file: 'lib/broken.ts', imports: '../functions/rotate/event.ts' },
  'functions-never-import-infrastructure': { file: 'functions/rotate/a.ts', imports: '../../lib/target.ts' },
  'cdk-in-infrastructure-only': { file: 'local/stack/a.ts', imports: 'aws-cdk-lib/aws-iam' },
  'examples-import-the-package-only': {
    file: 'examples/one/handler.ts',
    imports: '../../client/contract.ts',
  },
  'nothing-imports-examples': { file: 'lib/broken-d.ts', imports: '../examples/one/target.ts' },
  'nothing-imports-tests-or-tools': { file: 'local/stack/b.ts', imports: '../../test/support/target.ts' },
  'nothing-imports-the-local-stack': { file: 'lib/broken-b.ts', imports: '../local/stack/target.ts' },
  'core-imports-core-only': { file: 'functions/core/rotation/a.ts', imports: 'valibot' },
  'adapter-imports-the-core-only': { file: 'functions/adapters/kms/a.ts', imports: '../dynamodb/target.ts' },
  'only-http-speaks-the-contract': {
    file: 'functions/adapters/kms/b.ts',
    imports: '../../../client/contract.ts',
  },
  'only-kms-and-the-client-know-the-sealed-format': {
    file: 'functions/adapters/dynamodb/a.ts',
    imports: '../../../client/sealed-token/target.ts',
  },
  'sealed-format-is-pure': { file: 'client/sealed-token/a.ts', imports: '../contract.ts' },
  'vendor-sdk-in-adapters-only': { file: 'functions/rotate/b.ts', imports: '@aws-sdk/client-kms' },
  'aws-client-in-its-own-folder': { file: 'functions/adapters/kms/c.ts', imports: '@aws-sdk/client-lambda' },
  'client-signs-and-nothing-else': { file: 'client/a.ts', imports: 'jose' },
  'client-stands-alone': { file: 'client/b.ts', imports: '../functions/core/rotation/target.ts' },
  'environment-imports-its-fields-only': {
    file: 'functions/reconcile/env.ts',
    imports: '../adapters/kms/target.ts',
  },
  'handler-wires': { file: 'functions/reconcile/handler.ts', imports: '../../client/contract.ts' },
  'example-uses-the-client-only': {
    file: 'functions/example-reader/a.ts',
    imports: '../adapters/http/target.ts',
  },
  'transport-imports-use-cases': {
    file: 'functions/reconcile/event.ts',
    imports: '../adapters/kms/target.ts',
  },
  'command-line-wires-itself': { file: 'cli/a.ts', imports: '../functions/rotate/event.ts' },
  'only-bin-runs-the-command-line': { file: 'functions/reconcile/b.ts', imports: '../../cli/target.ts' },
  'nothing-imports-a-handler': { file: 'functions/reconcile/a.ts', imports: './handler.ts' },
  'policy-engine-behind-one-file': { file: 'local/aws/other.ts', imports: '@cloud-copilot/iam-simulate' },
  'never-import-your-own-index': { file: 'client/c.ts', imports: './index.ts' },
  'no-cycles': { file: 'lib/circle.ts', imports: './circle.ts' },
  'everything-resolves': { file: 'lib/broken-c.ts', imports: './there-is-no-such-file.ts' },
};

/** Use cases drive ports: the files of the core that import one, or a file that does. */
const USE_CASE_VIOLATIONS = [
  { file: 'functions/adapters/kms/d.ts', imports: '../../core/rotation/use-case.ts' },
  { file: 'functions/core/ports/b.ts', imports: '../rotation/use-case.ts' },
];

const TARGETS = [
  'examples/one/target.ts',
  'functions/core/rotation/target.ts',
  'functions/core/ports/target.ts',
  'functions/adapters/dynamodb/target.ts',
  'functions/adapters/kms/target.ts',
  'functions/adapters/http/target.ts',
  'client/contract.ts',
  'client/sealed-token/target.ts',
  'client/index.ts',
  'cli/target.ts',
  'functions/rotate/event.ts',
  'lib/target.ts',
  'local/stack/target.ts',
  'test/support/target.ts',
];

/** The examples import the package by its name. */
function aliases(baseDir: string) {
  return Object.entries(tsconfig.compilerOptions.paths).map(([name, [target]]) => ({
    name,
    alias: join(baseDir, target ?? ''),
    onlyModule: true,
  }));
}

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

function importsOfUseCases({ modules }: ICruiseResult): readonly string[] {
  const importsOf = new Map(
    modules.map(({ source, dependencies }) => [source, dependencies.map(({ resolved }) => resolved)]),
  );
  const isPort = (file: string) => file.startsWith('functions/core/ports/');
  const isUseCase = (file: string, seen = new Set<string>()): boolean => {
    if (!file.startsWith('functions/core/') || isPort(file) || seen.has(file)) return false;
    seen.add(file);
    return (importsOf.get(file) ?? []).some((imported) => isPort(imported) || isUseCase(imported, seen));
  };
  return [...importsOf]
    .filter(([file]) => file.startsWith('functions/adapters/') || isPort(file))
    .flatMap(([file, imported]) =>
      imported.filter((one) => isUseCase(one)).map((one) => `${file} -> ${one}`),
    );
}

describe('the import rules', () => {
  it('hold in every module of the project', async () => {
    const { summary } = await cruiseTree(ROOT);

    expect(summary.totalCruised, 'a cruise that sees nothing is always green').toBeGreaterThan(
      FEWEST_MODULES,
    );
    expect(summary.violations.map(({ rule, from, to }) => `${rule.name}: ${from} -> ${to}`)).toEqual([]);
  });

  it('leave use cases to handlers, routes and events', async () => {
    expect(importsOfUseCases(await cruiseTree(ROOT))).toEqual([]);
  });

  describe('Each import rule', () => {
    let tree: string;
    let violated: readonly string[];
    let useCasesImported: readonly string[];

    beforeAll(async () => {
      tree = await mkdtemp(join(tmpdir(), 'import-rules-'));
      for (const file of TARGETS) await write(file, 'export const target = 1;\n');
      for (const { file, imports } of Object.values(VIOLATIONS)) {
        await write(file, `import * as imported from '${imports}';\nexport const value = imported;\n`);
      }
      await write(
        'functions/core/rotation/use-case.ts',
        "import * as port from '../ports/target.ts';\nexport const value = port;\n",
      );
      for (const { file, imports } of USE_CASE_VIOLATIONS) {
        await write(file, `import * as imported from '${imports}';\nexport const value = imported;\n`);
      }
      const result = await cruiseTree(tree);
      useCasesImported = importsOfUseCases(result);
      const { summary } = result;
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

    it.each(USE_CASE_VIOLATIONS)('use cases are not imported by $file', ({ file }) => {
      expect(useCasesImported).toContain(`${file} -> functions/core/rotation/use-case.ts`);
    });
  });
});

describe('The rules beyond the import graph', () => {
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
