import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { bundledPackages } from '../../lib/packaging/bundled-packages.ts';
import { FUNCTION_NAMES } from '../../lib/packaging/function-names.ts';
import { MAY_BE_SHIPPED } from '../unit/supply-chain/licences.ts';
import { type ConsumerProject, createConsumerProject } from '../verify/package/consumer-project.ts';
import { checkContents } from '../verify/package/package-contents.ts';
import {
  buildPackage,
  type PackedPackage,
  packDirectory,
  ROOT,
  readManifest,
  run,
} from '../verify/package/packed-package.ts';
import { startTokenServer } from '../verify/package/token-server.ts';

describe('the published package', () => {
  let directory: string;
  let packed: PackedPackage;
  let consumer: ConsumerProject;
  const installed = (path: string) => join(consumer.directory, 'node_modules/adobe-token-vault', path);

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'adobe-token-vault-package-'));
    const project = join(directory, 'project');
    await buildPackage(dirname(inject('functionBundles')), project);
    packed = await packDirectory(project, directory);
    consumer = await createConsumerProject(join(directory, 'consumer'));
    await consumer.install(packed.tarball);
    const { dependencies } = await readManifest(installed('.'));
    await consumer.link(Object.keys(dependencies));
  });

  afterAll(() => rm(directory, { recursive: true, force: true }));

  it('holds modules with types, the bundles, the licences, and nothing else', async () => {
    expect(await checkContents(packed, installed('.'))).toEqual([]);
  });

  it('serves an application that has only the client and no CDK, in both kinds of modules', async () => {
    const server = await startTokenServer('acme.user-42');
    const files = ['read-token.ts', 'read-token.cts', 'two-clients.cts'];
    await consumer.compile(files, { resolution: 'NodeNext', skipLibCheck: false });

    const asModule = await consumer.node('read-token.js', [], server.environment);
    const asCommonJs = await consumer.node('read-token.cjs', [], server.environment);
    await server.close();

    expect(JSON.parse(asModule)).toEqual(['token-of-acme.user-42', 'connection_not_found']);
    expect(asCommonJs).toBe(asModule);
    expect(await consumer.node('two-clients.cjs')).toBe('[true,true,true]');
  });

  it('serves a test of a handler, with the classes of error that the client exports', async () => {
    await consumer.compile(['fake-token.ts'], { resolution: 'NodeNext', skipLibCheck: false });

    expect(JSON.parse(await consumer.node('fake-token.js'))).toEqual(['token-1', true]);
  });

  it('brings nothing in its bundles that an Apache-2.0 package may not pass on', async () => {
    const packages = await bundledPackages(join(directory, 'project/dist/meta'), ROOT);

    expect(packages.length).toBeGreaterThan(10);
    expect(packages.filter(({ license }) => !MAY_BE_SHIPPED.includes(license))).toEqual([]);
  });

  it('brings the command line in one file', async () => {
    const { bin } = await readManifest(installed('.'));

    const { stdout } = await run(installed(bin['adobe-token-vault'] ?? ''), ['--help']);

    expect(stdout).toContain('Usage: adobe-token-vault');
  });

  describe('The published package, installed with the CDK,', () => {
    beforeAll(async () => {
      const { peerDependencies, peerDependenciesMeta } = await readManifest(installed('.'));
      expect(Object.values(peerDependenciesMeta).every(({ optional }) => optional)).toBe(true);
      await consumer.link(Object.keys(peerDependencies));
      const files = ['deploy-vault.ts', 'one-construct.cts'];
      await consumer.compile(files, { resolution: 'NodeNext', skipLibCheck: true });
    });

    it('deploys the very bundles it brings', async () => {
      const outdir = join(directory, 'cdk.out');
      await mkdir(outdir);

      // CloudFormation's own rules are for `npm run verify:package`: they take longer than all the rest.
      await consumer.node('deploy-vault.js', [outdir], { CDK_VALIDATION: 'false' });

      const assets = (await readdir(outdir)).filter((name) => name.startsWith('asset.'));
      const deployed = await Promise.all(assets.map((name) => digest(join(outdir, name, 'index.mjs'))));
      const brought = await Promise.all(
        FUNCTION_NAMES.map((name) => digest(installed(`dist/functions/${name}/index.mjs`))),
      );
      expect(deployed.toSorted()).toEqual(brought.toSorted());
    });

    it('is one construct for an app with both kinds of modules', async () => {
      expect(await consumer.node('one-construct.cjs')).toBe('true');
    });

    it('type-checks where a bundler finds the modules', async () => {
      const files = ['read-token.ts', 'deploy-vault.ts'];

      await consumer.compile(files, { resolution: 'Bundler', skipLibCheck: true });
    });
  });
});

async function digest(file: string): Promise<string> {
  return createHash('sha256')
    .update(await readFile(file))
    .digest('hex');
}
