import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import packageJson from '../../../package.json' with { type: 'json' };
import { createConsumerProject } from './consumer-project.ts';
import { checkContents } from './package-contents.ts';
import { packDirectory, ROOT, run } from './packed-package.ts';
import { startTokenServer } from './token-server.ts';

/** The oldest compiler that knows the declarations and this project's CDK. */
const OLDER_COMPILER = 'typescript@5.9.3';

function tell(line: string) {
  return process.stdout.write(`${line}\n`);
}

/**
 * Builds and packs the package as a release does, installs it with npm into an empty project, and uses it there. Needs the
 * network, so it is no part of `npm test`, which does the same with linked packages.
 */
const directory = await mkdtemp(join(tmpdir(), 'adobe-token-vault-verify-'));
try {
  await run('npm', ['run', 'package'], { cwd: ROOT });
  const packed = await packDirectory(ROOT, directory);
  tell(`packed      ${packed.files.length} files, ${Math.round(packed.packedBytes / 1024)} KB`);

  const consumer = await createConsumerProject(join(directory, 'consumer'), []);
  const npm = (...args: readonly string[]) => run('npm', [...args], { cwd: consumer.directory });
  await npm(
    'install',
    '--no-audit',
    packed.tarball,
    `@types/node@${packageJson.devDependencies['@types/node']}`,
  );
  const { stdout: tree } = await npm('ls', '--all', '--parseable');
  tell(`installed   ${tree.trim().split('\n').length - 2} packages for the client alone`);

  const complaints = await checkContents(packed, join(consumer.directory, 'node_modules/adobe-token-vault'));
  if (complaints.length > 0) throw new Error(complaints.join('\n'));
  tell('contents    as they should be');

  const server = await startTokenServer('acme.user-42');
  await consumer.compile(['read-token.ts'], { resolution: 'NodeNext', skipLibCheck: false });
  const printed = await consumer.node('read-token.js', [], server.environment);
  await server.close();
  tell(`client      ${printed}`);
  const required = `typeof require('adobe-token-vault/client').createTokenClient`;
  const { stdout: type } = await run(process.execPath, ['-p', required], { cwd: consumer.directory });
  tell(`require     ${type.trim()}`);

  const { stdout: help } = await run('npx', ['--no-install', 'adobe-token-vault', '--help'], {
    cwd: consumer.directory,
  });
  tell(`command     ${help.split('\n', 1)[0]}`);

  const { 'aws-cdk-lib': cdk, constructs } = packageJson.devDependencies;
  await npm('install', '--no-audit', `aws-cdk-lib@${cdk}`, `constructs@${constructs}`, OLDER_COMPILER);
  const compiler = join(consumer.directory, 'node_modules/typescript/bin/tsc');
  for (const resolution of ['Bundler', 'NodeNext'] as const) {
    const files = ['read-token.ts', 'deploy-vault.ts'];
    await consumer.compile(files, { resolution, skipLibCheck: true });
    await consumer.compile(files, { resolution, skipLibCheck: true, compiler });
    tell(`types       ${resolution}, with this project's compiler and with ${OLDER_COMPILER}`);
  }
  const outdir = join(directory, 'cdk.out');
  await mkdir(outdir);
  await consumer.node('deploy-vault.js', [outdir]);
  tell('construct   synthesised, by the rules of CloudFormation too');

  const oldest = packageJson.peerDependencies['aws-cdk-lib'].replace('^', '');
  await npm('install', '--no-audit', `aws-cdk-lib@${oldest}`);
  const oldOutdir = join(directory, 'cdk.out-oldest');
  await mkdir(oldOutdir);
  await consumer.node('deploy-vault.js', [oldOutdir]);
  tell(`oldest CDK  synthesised with aws-cdk-lib ${oldest}`);
} finally {
  await rm(directory, { recursive: true, force: true });
}
