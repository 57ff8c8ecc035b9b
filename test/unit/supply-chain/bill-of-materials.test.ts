import { expect, test } from 'vitest';
import { shippedMaterials } from '../../../lib/packaging/bill-of-materials.ts';
import { installedPackages } from '../../../lib/packaging/installed-packages.ts';

const development = [{ name: 'cdx:npm:package:development', value: 'true' }];

function component(ref: string, more: object = {}) {
  return {
    'bom-ref': ref,
    name: ref.replace(/@[^@]*$/, ''),
    scope: 'required',
    ...more,
  };
}

const installed = new Set(['signer@1.0.0']);

const whole = {
  bomFormat: 'CycloneDX',
  metadata: { component: component('adobe-token-vault@0.1.0', { name: 'a-folder' }) },
  components: [
    component('signer@1.0.0'),
    component('jose@6.0.0', { scope: 'optional', properties: development }),
    component('vitest@4.0.0', { scope: 'optional', properties: development }),
  ],
  dependencies: [
    { ref: 'adobe-token-vault@0.1.0', dependsOn: ['signer@1.0.0', 'jose@6.0.0', 'vitest@4.0.0'] },
    { ref: 'vitest@4.0.0', dependsOn: [] },
    { ref: 'jose@6.0.0', dependsOn: [] },
  ],
};

test('the bill of materials lists what is installed and what is bundled, and no tool of development', () => {
  const bill = shippedMaterials(whole, {
    name: 'adobe-token-vault',
    installed,
    bundled: new Set(['jose@6.0.0']),
  });

  expect(bill.bomFormat).toBe('CycloneDX');
  expect(bill.metadata.component.name).toBe('adobe-token-vault');
  expect(bill.components).toEqual([
    component('signer@1.0.0', { properties: [] }),
    component('jose@6.0.0', { properties: [] }),
  ]);
  expect(bill.dependencies).toEqual([
    { ref: 'adobe-token-vault@0.1.0', dependsOn: ['signer@1.0.0', 'jose@6.0.0'] },
    { ref: 'jose@6.0.0', dependsOn: [] },
  ]);
});

test('a bundled package that npm does not list fails the bill, rather than being left out', () => {
  const bundled = new Set(['unlisted@1.0.0']);

  expect(() => shippedMaterials(whole, { name: 'adobe-token-vault', installed, bundled })).toThrow(
    'unlisted@1.0.0',
  );
});

test('what is installed with the package is neither a tool, nor a peer, nor an offer', () => {
  const packages = {
    '': { version: '0.1.0' },
    'node_modules/signer': { version: '1.0.0', license: 'MIT' },
    'node_modules/signer/node_modules/@a/hash': { version: '2.0.0', license: 'ISC' },
    'node_modules/vitest': { version: '4.0.0', dev: true },
    'node_modules/constructs': { version: '10.0.0', dev: true, peer: true },
    'node_modules/typescript': { version: '7.0.0', devOptional: true },
  };

  expect([...installedPackages(packages)]).toEqual([
    ['signer@1.0.0', 'MIT'],
    ['@a/hash@2.0.0', 'ISC'],
  ]);
});
