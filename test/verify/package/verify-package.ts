import assert from 'node:assert/strict';
import { cp, mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import packageJson from '../../../package.json' with { type: 'json' };
import { complaintsAboutApp } from '../../support/synth/assembly-checks.ts';
import { createCaseTable } from './case-table.ts';
import { type ConsumerProject, createConsumerProject } from './consumer-project.ts';
import { type CaseOutcome, EXPECTED, EXPECTED_OF_TWO_COPIES, type Expectation } from './expected-outcomes.ts';
import { verifyModuleSystems } from './module-systems.ts';
import { createCdkProject, verifyCdkProject } from './new-cdk-project.ts';
import { findOwnStack } from './own-stack.ts';
import { checkContents } from './package-contents.ts';
import { type PackedPackage, packDirectory, ROOT, run } from './packed-package.ts';
import { startTokenServer } from './token-server.ts';

/** The oldest compiler that knows the declarations and this project's CDK. */
const OLDER_COMPILER = 'typescript@5.9.3';
const REQUIRED = `typeof require('adobe-token-vault/client').createTokenClient`;
const { 'aws-cdk-lib': cdk, constructs } = packageJson.devDependencies;
const OLDEST_CDK = packageJson.peerDependencies['aws-cdk-lib'].replace('^', '');

/**
 * Builds and packs the package as a release does, installs it with npm into projects outside this one, and uses it there as
 * newcomers would. Needs the network, so it is no part of `npm test`, which does a part of it with linked packages.
 */
const directory = await mkdtemp(join(tmpdir(), 'adobe-token-vault-verify-'));
const table = createCaseTable((line) => process.stdout.write(`${line}\n`));
try {
  await verifyAll();
} finally {
  await rm(directory, { recursive: true, force: true });
}
const { failed, count } = table;
process.stdout.write(`\n${count - failed.length} of ${count} cases passed.\n`);
process.exitCode = failed.length === 0 ? 0 : 1;

async function verifyAll(): Promise<void> {
  await run('npm', ['run', 'package'], { cwd: ROOT });
  const packed = await packDirectory(ROOT, directory);
  const consumer = await verifyClient(packed);
  const newProject = await createCdkProject(directory);

  table.part(`An app with aws-cdk-lib ${cdk}, and the feature flags of a new project`);
  await install(consumer, `aws-cdk-lib@${cdk}`, `constructs@${constructs}`, OLDER_COMPILER);
  await verifyConstruct(consumer);
  await verifyCases(consumer, join(newProject, 'cdk.json'));
  await verifyOtherModules(consumer);

  table.part('Each kind of modules, with the compilers from 5.2 on');
  await verifyModuleSystems(table, consumer.directory);

  table.part(`An app with the oldest aws-cdk-lib of the peer range, ${OLDEST_CDK}, without feature flags`);
  const oldest = await copyOf(consumer, 'oldest');
  await install(oldest, `aws-cdk-lib@${OLDEST_CDK}`);
  await verifyCases(oldest);

  table.part(`Two copies of the CDK: the app has ${cdk}, and the package has its own ${OLDEST_CDK}`);
  const two = await copyOf(consumer, 'two-copies');
  await giveOwnCdk(two, oldest);
  await verifyCases(two, undefined, { ...EXPECTED, ...EXPECTED_OF_TWO_COPIES });

  table.part('A project of "cdk init app --language typescript"');
  await verifyCdkProject(table, newProject, packed.tarball);
}

async function verifyClient(packed: PackedPackage): Promise<ConsumerProject> {
  table.part('The package');
  const consumer = await createConsumerProject(join(directory, 'consumer'), []);
  await table.run('npm install of the client alone', async () => {
    await install(consumer, packed.tarball, `@types/node@${packageJson.devDependencies['@types/node']}`);
    const { stdout: tree } = await run('npm', ['ls', '--all', '--parseable'], { cwd: consumer.directory });
    const kilobytes = Math.round(packed.packedBytes / 1024);
    return `${packed.files.length} files, ${kilobytes} KB; ${tree.trim().split('\n').length - 2} packages`;
  });
  await table.run('contents', async () => {
    const installed = join(consumer.directory, 'node_modules/adobe-token-vault');
    assert.deepEqual(await checkContents(packed, installed), []);
    return 'as they should be';
  });
  await table.run('client', async () => {
    const server = await startTokenServer('acme.user-42');
    await consumer.compile(['read-token.ts'], { resolution: 'NodeNext', skipLibCheck: false });
    const printed = await consumer.node('read-token.js', [], server.environment);
    await server.close();
    assert.deepEqual(JSON.parse(printed), ['token-of-acme.user-42', 'connection_not_found']);
    return printed;
  });
  await table.run('client by require()', async () => {
    const args = ['--no-experimental-require-module', '-p', REQUIRED];
    const { stdout, stderr } = await run(process.execPath, args, { cwd: consumer.directory });
    assert.deepEqual([stdout.trim(), stderr], ['function', '']);
    return 'works, without require() of ES modules';
  });
  await table.run('command line', async () => {
    const help = ['--no-install', 'adobe-token-vault', '--help'];
    const { stdout } = await run('npx', help, { cwd: consumer.directory });
    assert.match(stdout, /^Usage: adobe-token-vault/);
    return stdout.split('\n', 1)[0] ?? '';
  });
  return consumer;
}

async function verifyConstruct(consumer: ConsumerProject): Promise<void> {
  const compiler = join(consumer.directory, 'node_modules/typescript/bin/tsc');
  for (const resolution of ['Bundler', 'NodeNext'] as const) {
    await table.run(`types, module resolution ${resolution}`, async () => {
      const files = ['read-token.ts', 'deploy-vault.ts'];
      await consumer.compile(files, { resolution, skipLibCheck: true, compiler });
      await consumer.compile(files, { resolution, skipLibCheck: true });
      return `with this project's compiler and with ${OLDER_COMPILER}`;
    });
  }
  await table.run('a stack for the vault, a consumer and an import', async () => {
    const outdir = await emptyFolder('construct');
    await consumer.node('deploy-vault.js', [outdir]);
    assert.deepEqual(complaintsAboutApp(outdir), []);
    return 'synthesised, by the rules of CloudFormation too';
  });
  await table.run('a stack of your own, found by the command line', async () => {
    const outdir = await emptyFolder('own-stack');
    await consumer.compile(['own-stack.ts'], { resolution: 'NodeNext', skipLibCheck: true });
    await consumer.node('own-stack.js', [outdir], { CDK_VALIDATION: 'false' });
    return findOwnStack(consumer.directory, outdir);
  });
}

/** Each case of the consumer's project, in one process of that project. */
async function verifyCases(
  consumer: ConsumerProject,
  contextFile?: string,
  expected: Readonly<Record<string, Expectation>> = EXPECTED,
): Promise<void> {
  const outcomes: CaseOutcome[] = [];
  await table.run('every case of an app', async () => {
    const outdir = await emptyFolder('cases');
    await consumer.compile(['synthesise-cases.ts'], { resolution: 'NodeNext', skipLibCheck: true });
    const args = [outdir, ...(contextFile === undefined ? [] : [contextFile])];
    const printed = await consumer.node('synthesise-cases.js', args, { CDK_VALIDATION: 'false' });
    const lines = printed.split('\n').filter((line) => line.startsWith('{"name":'));
    outcomes.push(...lines.map((line): CaseOutcome => JSON.parse(line)));
    assert.deepEqual(outcomes.map(({ name }) => name).sort(), Object.keys(EXPECTED).sort());
    return `${outcomes.length} apps`;
  });
  for (const outcome of outcomes) {
    table.row(outcome.name, outcome.seconds, () => expected[outcome.name]?.(outcome) ?? '');
  }
}

/** JavaScript, with both kinds of modules. */
async function verifyOtherModules(consumer: ConsumerProject): Promise<void> {
  const templates: string[] = [];
  for (const [file, kind] of [
    ['app.cjs', 'a CommonJS module'],
    ['app.mjs', 'an ES module'],
  ] as const) {
    await table.run(`an app in JavaScript, ${kind}`, async () => {
      const outdir = await emptyFolder(file);
      const env = { PATH: process.env.PATH ?? '', CDK_VALIDATION: 'false' };
      await run(process.execPath, [file, outdir], { cwd: consumer.directory, env });
      templates.push(await readFile(join(outdir, 'Adobe.template.json'), 'utf8'));
      assert.equal(templates[0], templates.at(-1));
      return 'synthesised, the same template';
    });
  }
}

async function install(consumer: ConsumerProject, ...packages: readonly string[]): Promise<void> {
  await run('npm', ['install', '--no-audit', '--no-fund', ...packages], { cwd: consumer.directory });
}

async function copyOf(consumer: ConsumerProject, name: string): Promise<ConsumerProject> {
  const copied = await createConsumerProject(join(directory, name), []);
  await cp(consumer.directory, copied.directory, { recursive: true });
  return copied;
}

/** As in a workspace, or with `npm link`: the app's own functions and stacks are of another copy than those of the package. */
async function giveOwnCdk(consumer: ConsumerProject, from: ConsumerProject): Promise<void> {
  const own = join(consumer.directory, 'node_modules/adobe-token-vault/node_modules');
  await mkdir(own);
  for (const name of ['aws-cdk-lib', 'constructs', '@aws-cdk']) {
    await cp(join(from.directory, 'node_modules', name), join(own, name), { recursive: true });
  }
}

async function emptyFolder(name: string): Promise<string> {
  return mkdtemp(join(directory, `${name}-`));
}
