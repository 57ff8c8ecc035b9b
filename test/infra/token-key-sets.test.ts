import { afterAll, describe, expect, it } from 'vitest';
import type { TokenVaultSettings } from '../../lib/settings/token-vault-settings.ts';
import { asObject, statementsIn, type TemplateReader } from '../support/synth/template.ts';
import { createVaultBench, templateOf } from '../support/synth/vault-bench.ts';

const bench = await createVaultBench();
afterAll(() => bench.dispose());

type KeySets = TokenVaultSettings['tokenKeys'];

function vaultWith(tokenKeys: KeySets) {
  return templateOf(bench.vaultStack(tokenKeys ? { tokenKeys } : {}));
}

function variablesOf(template: TemplateReader, name: string) {
  const { Variables } = asObject(
    template
      .ofType('AWS::Lambda::Function')
      .find(({ properties }) => properties.FunctionName === `AdobeTokenVault-${name}`)?.properties
      .Environment,
  );
  return Object.fromEntries(
    Object.entries(asObject(Variables)).map(([variable, value]) => [variable, template.text(value)]),
  );
}

function keysOfStatement(template: TemplateReader, rolePart: string, sid: string) {
  const found = template
    .statementsOf(template.one('AWS::IAM::Role', rolePart))
    .find(({ Sid }) => Sid === sid);
  return [found?.Resource].flat().map((resource) => template.text(resource));
}

function idsOf(template: TemplateReader, type: string) {
  return template.ofType(type).map(({ logicalId }) => logicalId);
}

describe('The keys of a vault', () => {
  it('do not change while no key set is named', () => {
    const first = idsOf(vaultWith(undefined), 'AWS::KMS::Key');
    expect(first).toHaveLength(2);
    expect(idsOf(vaultWith([{ id: 1 }]), 'AWS::KMS::Key')).toEqual(first);
    expect(variablesOf(vaultWith(undefined), 'rotate')).toMatchObject({
      FORMER_REFRESH_KEY_ARNS: '[]',
      FORMER_ACCESS_KEY_ARNS: '[]',
    });
  });

  it('are replaced: the new pair seals, the previous pair opens what it sealed, and both keep their definition', () => {
    const template = vaultWith([{ id: 2 }, { id: 1 }]);
    expect(idsOf(template, 'AWS::KMS::Key')).toEqual(
      expect.arrayContaining(idsOf(vaultWith(undefined), 'AWS::KMS::Key')),
    );
    const [refresh2, refresh1] = ['<VaultRefreshTokenKey2.Arn>', '<VaultRefreshTokenKey.Arn>'];
    const [access2, access1] = ['<VaultAccessTokenKey2.Arn>', '<VaultAccessTokenKey.Arn>'];
    expect(variablesOf(template, 'rotate')).toMatchObject({
      REFRESH_KEY_ARN: refresh2,
      ACCESS_KEY_ARN: access2,
      FORMER_REFRESH_KEY_ARNS: `["${refresh1}"]`,
      FORMER_ACCESS_KEY_ARNS: `["${access1}"]`,
    });
    expect(variablesOf(template, 'callback')).toMatchObject({
      REFRESH_KEY_ARN: refresh2,
      ACCESS_KEY_ARN: access2,
    });
    expect(variablesOf(template, 'access-token')).toMatchObject({
      ACCESS_KEY_ARN: access2,
      FORMER_ACCESS_KEY_ARNS: `["${access1}"]`,
    });
    expect(keysOfStatement(template, 'Rotate', 'OpenAndSealRefreshTokens')).toEqual([refresh2, refresh1]);
    expect(keysOfStatement(template, 'AccessToken', 'OpenAccessTokens')).toEqual([access2, access1]);
    for (const { deletionPolicy } of template.ofType('AWS::KMS::Key'))
      expect(deletionPolicy).toBe('RetainExceptOnCreate');
  });

  it('that are former are still exported: CloudFormation deletes no export that a consumer of the same app imports', () => {
    const exported = Object.values(vaultWith([{ id: 2 }, { id: 1 }]).outputs).map((output) =>
      JSON.stringify(output),
    );
    expect(exported.some((text) => text.includes('VaultAccessTokenKey') && text.includes('"Export"'))).toBe(
      true,
    );
  });

  it('that are former can be left out once nothing is sealed under them', () => {
    const template = vaultWith([{ id: 2 }]);
    expect(idsOf(template, 'AWS::KMS::Key')).toHaveLength(2);
    expect(variablesOf(template, 'rotate').FORMER_REFRESH_KEY_ARNS).toBe('[]');
  });

  it('may be multi-Region keys, which their administrators may replicate', () => {
    const template = vaultWith([{ id: 2, multiRegion: true }]);
    for (const { properties } of template.ofType('AWS::KMS::Key')) {
      expect(properties.MultiRegion).toBe(true);
      const [administer] = statementsIn(properties.KeyPolicy);
      expect(administer?.Action).toEqual(
        expect.arrayContaining(['kms:ReplicateKey', 'kms:SynchronizeMultiRegionKey']),
      );
    }
  });

  it('that are no longer in the stack are imported by their ARNs, and no key is created or changed for them', () => {
    const key = (name: string) => `arn:aws:kms:us-east-1:111122223333:key/${name}`;
    const existing = { refreshKeyArn: key('2222-refresh'), accessKeyArn: key('2222-access') };
    const template = vaultWith([{ id: 3 }, { id: 2, existing }]);
    expect(idsOf(template, 'AWS::KMS::Key')).toHaveLength(2);
    expect(variablesOf(template, 'rotate')).toMatchObject({
      FORMER_REFRESH_KEY_ARNS: `["${existing.refreshKeyArn}"]`,
      FORMER_ACCESS_KEY_ARNS: `["${existing.accessKeyArn}"]`,
    });
    expect(keysOfStatement(template, 'Rotate', 'OpenAndSealRefreshTokens').toSorted()).toEqual([
      '<VaultRefreshTokenKey3.Arn>',
      existing.refreshKeyArn,
    ]);
  });

  it('may be replicas of another Region’s, under the same policy', () => {
    const key = (digit: string) => `arn:aws:kms:eu-west-1:111122223333:key/mrk-${digit.repeat(32)}`;
    const replicaOf = { refreshKeyArn: key('1'), accessKeyArn: key('2') };
    const template = vaultWith([{ id: 2, replicaOf }]);
    const replica = template.one('AWS::KMS::ReplicaKey', 'RefreshTokenKey2');
    expect(replica).toMatchObject({
      deletionPolicy: 'RetainExceptOnCreate',
      properties: { PrimaryKeyArn: key('1') },
    });
    const primary = vaultWith([{ id: 2, multiRegion: true }]).one('AWS::KMS::Key', 'RefreshTokenKey2');
    expect(statementsIn(replica.properties.KeyPolicy)).toEqual(statementsIn(primary.properties.KeyPolicy));
    expect(variablesOf(template, 'rotate').REFRESH_KEY_ARN).toBe('<VaultRefreshTokenKey2.Arn>');
  });
});
