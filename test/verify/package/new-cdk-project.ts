import assert from 'node:assert/strict';
import { copyFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { complaintsAboutApp } from '../../support/synth/assembly-checks.ts';
import type { CaseTable } from './case-table.ts';
import { ROOT, run } from './packed-package.ts';

const CDK = join(ROOT, 'node_modules/aws-cdk/bin/cdk');
const STACK = 'PhotoAppStack';

/** No account, no credentials, and no way out of this machine. */
const OFFLINE = {
  PATH: process.env.PATH ?? '',
  HOME: tmpdir(),
  AWS_EC2_METADATA_DISABLED: 'true',
  HTTPS_PROXY: 'http://127.0.0.1:1',
  CDK_DISABLE_CLI_TELEMETRY: 'true',
  CI: 'true',
};

const STACK_SOURCE = `import * as cdk from 'aws-cdk-lib/core';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import { TokenVault } from 'adobe-token-vault';
import { Construct } from 'constructs';

export class ${STACK} extends cdk.Stack {
  constructor(scope: Construct, id: string, props?: cdk.StackProps) {
    super(scope, id, props);

    const vault = new TokenVault(this, 'Vault', {
      settings: {
        clientId: 'a-client',
        scopes: ['openid', 'AdobeID', 'offline_access'],
        returnUrls: ['https://app.example.org/connected'],
      },
    });
    const reader = new lambda.Function(this, 'Reader', {
      runtime: lambda.Runtime.NODEJS_22_X,
      handler: 'index.handler',
      code: lambda.Code.fromInline('exports.handler = async () => {};'),
    });
    vault.grantAccessTokens(reader, { connections: 'acme.*' });
  }
}
`;

const TEST_SOURCE = `import * as cdk from 'aws-cdk-lib/core';
import { Match, Template } from 'aws-cdk-lib/assertions';
import { ${STACK} } from '../lib/photo-app-stack';

test('the reader knows the vault', () => {
  const template = Template.fromStack(new ${STACK}(new cdk.App(), 'MyTestStack'));

  template.hasResourceProperties('AWS::Lambda::Function', {
    Environment: { Variables: { ADOBE_TOKEN_VAULT_URL: Match.anyValue() } },
  });
});
`;

const HANDLER_SOURCE = `import { createTokenClient, isVaultError } from 'adobe-token-vault/client';

const vault = createTokenClient({ url: 'http://127.0.0.1:9', region: 'eu-west-1' });

export async function handler({ connectionId }: { connectionId: string }) {
  try {
    return (await vault.getAccessToken(connectionId)).accessToken;
  } catch (error) {
    if (!isVaultError(error)) throw error;
    return error.code;
  }
}
`;

const HANDLER_TEST_SOURCE = `import { handler } from '../lib/handler';

test('the handler answers with the code of the error', async () => {
  process.env.AWS_ACCESS_KEY_ID = 'an-access-key';
  process.env.AWS_SECRET_ACCESS_KEY = 'a-secret-key';

  expect(await handler({ connectionId: 'not an id' })).toBe('invalid_request');
  expect(await handler({ connectionId: 'acme.user-42' })).toBe('vault_unreachable');
});
`;

/** The older way to run TypeScript in Jest, with a compiler that it accepts. */
const TS_JEST = ['ts-jest@29.4.15', 'typescript@5.9.3'];
const TS_JEST_SETTINGS = `module.exports = { preset: 'ts-jest', roots: ['<rootDir>/test'], testEnvironment: 'node' };\n`;

/** Makes the project that `cdk init` makes, and answers its folder. */
export async function createCdkProject(parent: string): Promise<string> {
  const project = join(parent, 'photo-app');
  await mkdir(project);
  const init = [CDK, 'init', 'app', '--language', 'typescript', '--generate-only'];
  await run(process.execPath, init, { cwd: project, env: OFFLINE });
  return project;
}

/** Adds the package to a project of `cdk init` and changes nothing else of its settings. */
export async function verifyCdkProject(table: CaseTable, project: string, tarball: string): Promise<void> {
  const inProject = (command: string, args: readonly string[], env: Record<string, string> = OFFLINE) =>
    run(command, [...args], { cwd: project, env });
  await table.run('npm install', async () => {
    await run('npm', ['install', '--no-audit', '--no-fund', tarball], { cwd: project });
    await writeFile(join(project, 'lib/photo-app-stack.ts'), STACK_SOURCE);
    await writeFile(join(project, 'test/photo-app.test.ts'), TEST_SOURCE);
    await writeFile(join(project, 'lib/handler.ts'), HANDLER_SOURCE);
    await writeFile(join(project, 'test/handler.test.ts'), HANDLER_TEST_SOURCE);
    const { version } = JSON.parse(
      await readFile(join(project, 'node_modules/aws-cdk-lib/package.json'), 'utf8'),
    ) as { version: string };
    return `with the newest aws-cdk-lib that its range allows, ${version}`;
  });
  await table.run('npm run build, with its tsconfig.json', async () => {
    await inProject('npm', ['run', 'build']);
    return 'the types are found';
  });
  const template = join('cdk.out', `${STACK}.template.json`);
  const before = 'template-of-before.json';
  await table.run('npx cdk synth, with its cdk.json', async () => {
    await inProject('npx', ['cdk', 'synth', '--quiet']);
    assert.deepEqual(complaintsAboutApp(join(project, 'cdk.out')), []);
    await copyFile(join(project, template), join(project, before));
    return 'by the rules of CloudFormation, with its feature flags';
  });
  await table.run('npx cdk diff, which synthesises again', async () => {
    const { stdout, stderr } = await inProject('npx', ['cdk', 'diff', STACK, '--template', before]);
    assert.match(stdout + stderr, /There were no differences/);
    const [one, other] = await Promise.all(
      [before, template].map((file) => readFile(join(project, file), 'utf8')),
    );
    assert.equal(one, other);
    return 'no differences: the same template, byte for byte';
  });
  await table.run('npx jest', async () => {
    const { stderr } = await inProject('npx', ['jest']);
    return `works as generated: ${passedTests(stderr)}, of a stack and of a handler`;
  });
  await table.run('npx jest, with ts-jest', async () => {
    // The project asks for a compiler that ts-jest does not know.
    const install = ['install', '--no-audit', '--no-fund', '--legacy-peer-deps', '--save-dev', ...TS_JEST];
    await run('npm', install, { cwd: project });
    await writeFile(join(project, 'jest.ts-jest.config.js'), TS_JEST_SETTINGS);
    const { stderr } = await inProject('npx', ['jest', '--config', 'jest.ts-jest.config.js']);
    return `works with its preset alone: ${passedTests(stderr)}`;
  });
}

function passedTests(report: string): string {
  const [, passed] = /^Tests: +(2 passed), 2 total$/m.exec(report) ?? [];
  assert.ok(passed, report);
  return passed;
}
