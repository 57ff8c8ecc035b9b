import { CfnOutput, NestedStack, Stack } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { afterAll, describe, expect, it } from 'vitest';
import cdk from '../../cdk.json' with { type: 'json' };
import { deployedStack, outputOf } from '../../cli/find-vault.ts';
import { TokenVault, type TokenVaultSettings } from '../../lib/index.ts';
import { asObject, type TemplateReader } from '../support/synth/template.ts';
import { TEST_SETTINGS } from '../support/synth/test-settings.ts';
import { createVaultBench, templateOf } from '../support/synth/vault-bench.ts';

const bench = await createVaultBench();
afterAll(() => bench.dispose());

const NAMES = [
  'ApiUrl',
  'AuthorizeUrl',
  'CallbackUrl',
  'ClientSecretName',
  'CookieKeySecretArn',
  'VaultName',
  'AlarmTopicArn',
  'ApiId',
  'AccessTokensTableName',
  'AccessKeyArn',
  'ClientId',
  'ClientParts',
];

function vaultIn(scope: Construct, id = 'Vault', settings: TokenVaultSettings = TEST_SETTINGS): TokenVault {
  return new TokenVault(scope, id, { settings, functionBundles: bench.functionBundles });
}

const valueIn = (template: TemplateReader, name: string) =>
  template.text(asObject(template.outputs[name]).Value);

describe('the outputs of a vault', () => {
  it('have plain names in a stack made for it', () => {
    expect(Object.keys(templateOf(bench.vaultStack()).outputs)).toEqual(NAMES);
  });

  it('begin with the vault’s id in a stack of one’s own, so that they meet no other output', () => {
    const stack = new Stack(bench.emptyApp(), 'Photos');
    vaultIn(stack, 'Adobe');
    new CfnOutput(stack, 'ApiUrl', { value: 'https://photos.example.test' });
    const template = templateOf(stack);

    expect(Object.keys(template.outputs).sort()).toEqual(
      ['ApiUrl', ...NAMES.map((name) => `Adobe${name}`)].sort(),
    );
    expect(valueIn(template, 'AdobeVaultName')).toBe('Photos-Adobe');
    expect(valueIn(template, 'AdobeCallbackUrl')).toBe('<AdobeHttpApi.ApiEndpoint>/callback');
  });

  it.each<[string, (stack: Stack) => Construct]>([
    ['Photo-Desk', (stack) => stack],
    ['Desk', (stack) => new NestedStack(stack, 'Photo')],
  ])('of two vaults that would have the same names are refused with the way out: %s', (id, placeIn) => {
    const stack = new Stack(bench.emptyApp(), 'Photos');
    vaultIn(stack, 'PhotoDesk');
    expect(() => vaultIn(placeIn(stack), id)).toThrow(
      /^The outputs of the token vaults Photos\/PhotoDesk and Photos\/Photo.Desk would have the same names, which begin with PhotoDesk\. Pass another outputPrefix to one of them\.$/,
    );
  });

  it('of ids that differ only in characters that outputs may not have do not meet', () => {
    const stack = new Stack(bench.emptyApp(), 'Photos');
    for (const id of ['Tresör', 'Tresår', 'Tresr']) vaultIn(stack, id);
    const { outputs } = templateOf(stack);
    expect(Object.keys(outputs)).toHaveLength(3 * NAMES.length);
    expect(Object.keys(outputs)).toContainEqual(expect.stringMatching(/^Tresr[0-9a-f]{8}ApiUrl$/));
  });

  it.each(['photo-desk', 'Fotografía', '1 '])('are refused with the prefix %j', (outputPrefix) => {
    const stack = new Stack(bench.emptyApp(), 'Photos');
    const props = { settings: TEST_SETTINGS, functionBundles: bench.functionBundles, outputPrefix };
    expect(() => new TokenVault(stack, 'Vault', props)).toThrow(
      `"${outputPrefix}" is not an outputPrefix: CloudFormation takes letters and digits in the name of an output, at most 230.`,
    );
  });

  it('are printed by the top-level stack of a nested one', () => {
    const stack = new Stack(bench.emptyApp(), 'Photos');
    vaultIn(new NestedStack(stack, 'Adobe'));
    const template = templateOf(stack);

    expect(Object.keys(template.outputs)).toEqual(NAMES.map((name) => `AdobeVault${name}`));
    expect(valueIn(template, 'AdobeVaultClientId')).toBe('test-client-id');
    expect(valueIn(template, 'AdobeVaultCallbackUrl')).toMatch(/^<Adobe.*Outputs.*ApiEndpoint>\/callback$/);
  });

  it.each<[string, (stack: Stack) => void]>([
    ['in a nested stack', (stack) => vaultIn(new NestedStack(stack, 'Adobe'))],
    [
      'in a nested stack of a nested stack',
      (stack) => vaultIn(new NestedStack(new NestedStack(stack, 'A'), 'B')),
    ],
    [
      'with another prefix',
      (stack) =>
        new TokenVault(stack, 'Vault', {
          settings: TEST_SETTINGS,
          functionBundles: bench.functionBundles,
          outputPrefix: 'AdobePhotos',
        }),
    ],
  ])('lead the command line to a vault %s', async (_where, build) => {
    const stack = new Stack(bench.emptyApp(), 'Photos');
    build(stack);
    const template = templateOf(stack);
    const outputs = Object.fromEntries(
      Object.keys(template.outputs).map((name) => [name, `value of ${name}`]),
    );
    const found = await deployedStack(
      { stack: 'Photos', region: 'eu-west-1' },
      async () => ({ status: 'CREATE_COMPLETE', outputs, terminationProtection: true }),
      async () => new Map(),
    );

    expect(outputOf(found, 'ApiUrl', 'Photos')).toMatch(/^value of .*ApiUrl$/);
  });

  it('of two vaults in one stack do not meet, also while both hold placeholders', () => {
    const stack = new Stack(bench.emptyApp(), 'Photos');
    for (const id of ['Vault', 'Films']) vaultIn(stack, id, cdk.context.vault);
    const { outputs, parameters, rules } = templateOf(stack);

    expect(Object.keys(outputs)).toEqual([
      ...NAMES.map((name) => `Vault${name}`),
      ...NAMES.map((name) => `Films${name}`),
    ]);
    const placeholders = Object.keys(parameters).filter((name) => name.includes('Placeholder'));
    expect(placeholders).toHaveLength(2);
    const refusals = Object.values(rules).map((rule) => JSON.stringify(rule));
    for (const parameter of placeholders) {
      expect(refusals.filter((rule) => rule.includes(`{"Ref":"${parameter}"}`))).toHaveLength(1);
    }
  });
});
