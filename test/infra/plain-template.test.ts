import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { writePlainTemplate } from '../../lib/packaging/plain-template.ts';
import { TokenVaultStack } from '../../lib/token-vault-stack.ts';
import { TEST_SETTINGS } from '../support/synth/test-settings.ts';
import { createVaultBench } from '../support/synth/vault-bench.ts';

const bench = await createVaultBench();
const directory = await mkdtemp(join(tmpdir(), 'plain-template-'));
afterAll(async () => {
  await bench.dispose();
  await rm(directory, { recursive: true, force: true });
});

const app = bench.emptyApp();
new TokenVaultStack(app, 'Vault', {
  settings: TEST_SETTINGS,
  functionBundles: bench.functionBundles,
});
const stack = app.synth().getStackByName('Vault');
const written = writePlainTemplate(stack, directory);
const template: { Resources: Record<string, { Type: string; Properties: { Code: unknown } }> } = JSON.parse(
  readFileSync(written.file, 'utf8'),
);
const functions = Object.values(template.Resources).filter(({ Type }) => Type === 'AWS::Lambda::Function');

describe('a template for teams without the CDK', () => {
  it('has every resource of the stack', () => {
    expect(Object.keys(template.Resources)).toEqual(Object.keys(stack.template.Resources));
  });

  it('names the code of each function by a folder next to it, which holds the bundle', () => {
    expect(functions).toHaveLength(written.functions.length);
    expect(functions.length).toBeGreaterThanOrEqual(8);
    for (const { Properties } of functions) {
      expect(existsSync(join(dirname(written.file), String(Properties.Code), 'index.mjs'))).toBe(true);
    }
  });

  it('holds nothing of an earlier run', () => {
    const folder = join(directory, written.functions[0] ?? '');
    writeFileSync(join(folder, 'left.mjs'), '');
    mkdirSync(join(directory, 'functions/Gone'));
    writePlainTemplate(stack, directory);
    expect(readdirSync(folder)).toEqual(['index.mjs']);
    expect(readdirSync(join(directory, 'functions'))).toHaveLength(written.functions.length);
  });

  it('needs no bootstrap', () => {
    const text = readFileSync(written.file, 'utf8');
    expect(text).not.toMatch(/cdk-hnb659fds|BootstrapVersion|cdk-bootstrap/);
  });

  it('leaves the synthesised stack as it was', () => {
    expect(JSON.stringify(stack.template)).toContain('S3Key');
  });
});
