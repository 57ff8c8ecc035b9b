import { NestedStack, Stack } from 'aws-cdk-lib';
import { CfnKey } from 'aws-cdk-lib/aws-kms';
import { afterAll, describe, expect, it } from 'vitest';
import { TokenVault } from '../../lib/constructs/token-vault.ts';
import type { TokenVaultSettings } from '../../lib/settings/token-vault-settings.ts';
import type { Resource, TemplateReader } from '../support/synth/template.ts';
import { asArray, asObject, statementsIn } from '../support/synth/template.ts';
import { TEST_SETTINGS } from '../support/synth/test-settings.ts';
import { createVaultBench, templateOf } from '../support/synth/vault-bench.ts';

const bench = await createVaultBench();
afterAll(bench.dispose);

const vaultWith = (settings: Partial<TokenVaultSettings>) => templateOf(bench.vaultStack(settings));
const standard = vaultWith({});
const strict = vaultWith({ compliance: 'strict' });

const serviceKeyOf = (template: TemplateReader) => template.one('AWS::KMS::Key', 'ServiceKey');

function statementOf(template: TemplateReader, sid: string) {
  const [statement, ...others] = statementsIn(serviceKeyOf(template).properties.KeyPolicy).filter(
    ({ Sid }) => Sid === sid,
  );
  expect(others).toEqual([]);
  return { ...statement, Condition: template.text(JSON.stringify(statement?.Condition)) };
}

function usesServiceKey(template: TemplateReader, value: unknown): boolean {
  return JSON.stringify(value ?? '').includes(serviceKeyOf(template).logicalId);
}

describe('a strict vault', () => {
  it('keeps every log for a year, under the key of the vault', () => {
    const groups = strict.ofType('AWS::Logs::LogGroup');
    expect(groups).toHaveLength(9);
    for (const { properties, logicalId } of groups) {
      expect(properties.RetentionInDays, logicalId).toBe(365);
      expect(usesServiceKey(strict, properties.KmsKeyId), logicalId).toBe(true);
    }
  });

  it('encrypts topic, secrets and the files of the trail with that key', () => {
    const encrypted: [Resource, string][] = [
      [strict.one('AWS::SNS::Topic'), 'KmsMasterKeyId'],
      ...strict
        .ofType('AWS::SecretsManager::Secret')
        .map((secret): [Resource, string] => [secret, 'KmsKeyId']),
      [strict.one('AWS::S3::Bucket'), 'BucketEncryption'],
      [strict.one('AWS::CloudTrail::Trail'), 'KMSKeyId'],
    ];
    expect(encrypted).toHaveLength(5);
    for (const [{ properties, logicalId }, name] of encrypted) {
      expect(usesServiceKey(strict, properties[name]), logicalId).toBe(true);
    }
  });

  it('protects and backs up every table', () => {
    const tables = strict.ofType('AWS::DynamoDB::Table');
    expect(tables).toHaveLength(3);
    for (const { properties, deletionPolicy } of tables) {
      expect(properties).toMatchObject({
        DeletionProtectionEnabled: true,
        PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
      });
      expect(deletionPolicy).toBe('Retain');
    }
  });

  it('records each use of its tables and functions in a trail that holds nothing else', () => {
    const { properties } = strict.one('AWS::CloudTrail::Trail');
    expect(properties).toMatchObject({ IsLogging: true, EnableLogFileValidation: true });
    expect(properties.EventSelectors).toBeUndefined();
    const selected = asArray(properties.AdvancedEventSelectors).map((one) =>
      Object.fromEntries(
        asArray(asObject(one).FieldSelectors)
          .map(asObject)
          .map(({ Field, Equals, StartsWith }) => [Field, asArray(Equals ?? StartsWith)]),
      ),
    );
    expect(
      selected.map((one) => [one.eventCategory, one['resources.type'], one['resources.ARN']?.length]),
    ).toEqual([
      [['Data'], ['AWS::DynamoDB::Table'], 3],
      [['Data'], ['AWS::Lambda::Function'], 8],
    ]);
  });

  it('changes no id and no name of what a standard vault has', () => {
    const types = new Map(strict.resources.map(({ logicalId, type }) => [logicalId, type]));
    for (const { logicalId, type } of standard.resources) {
      // A version of a function has a new id with each change of it.
      if (type !== 'AWS::Lambda::Version') expect(types.get(logicalId), logicalId).toBe(type);
    }
  });
});

describe('a strict vault in a nested stack', () => {
  it('names the nested stack’s own log groups and topics in the policy of its key', () => {
    const app = bench.emptyApp();
    const nested = new NestedStack(new Stack(app, 'Photos'), 'Adobe');
    new TokenVault(nested, 'Vault', {
      settings: { ...TEST_SETTINGS, compliance: 'strict' },
      functionBundles: bench.functionBundles,
    });
    app.synth();
    const [key] = nested.node
      .findAll()
      .filter((one) => one instanceof CfnKey)
      .filter(({ node }) => node.path.includes('ServiceKey'));
    const policy = JSON.stringify(nested.resolve(key?.keyPolicy));
    // The name of a nested stack is known only inside it.
    expect(policy.match(/\{"Ref":"AWS::StackName"\}/g)).toHaveLength(2);
  });
});

describe('the key for AWS services', () => {
  it('serves CloudWatch Logs only for log groups of the vault', () => {
    const { Principal, Condition } = statementOf(strict, 'EncryptLogs');
    expect(strict.text(asObject(Principal).Service)).toBe('logs.<AWS::Region>.<AWS::URLSuffix>');
    expect(Condition).toMatch(/^\{"ArnLike":\{"kms:EncryptionContext:aws:logs:arn":\[/);
    expect(Condition).toContain('log-group:/aws/vendedlogs/apigateway/AdobeTokenVault-*');
  });

  it('serves CloudWatch alarms only for topics of the vault’s stack', () => {
    const { Principal, Condition } = statementOf(strict, 'NotifyTopic');
    expect(Principal).toEqual({ Service: 'cloudwatch.amazonaws.com' });
    expect(Condition).toMatch(/^\{"ArnLike":\{"kms:EncryptionContext:aws:sns:topicArn":/);
  });

  it('lets principals of the account use it through three services only', () => {
    const { Action, Condition } = statementOf(strict, 'UseThroughServices');
    expect(Action).toEqual(['kms:Decrypt', 'kms:GenerateDataKey']);
    expect(Condition.match(/"(secretsmanager|sns|s3)\./g)).toHaveLength(3);
    const all = statementsIn(serviceKeyOf(strict).properties.KeyPolicy);
    expect(all.map(({ Sid }) => Sid)).toEqual([
      'Administer',
      'UseThroughServices',
      'EncryptLogs',
      'NotifyTopic',
      'WriteTrail',
      'DescribeForTrail',
    ]);
    const administration = asArray(all[0]?.Action).map(String);
    for (const action of ['kms:CreateGrant', 'kms:Decrypt', 'kms:GenerateDataKey', 'kms:*']) {
      expect(administration).not.toContain(action);
    }
  });

  it('does not know a trail where there is none', () => {
    const template = vaultWith({ compliance: 'strict', dataEvents: false });
    expect(template.ofType('AWS::CloudTrail::Trail')).toEqual([]);
    expect(JSON.stringify(serviceKeyOf(template).properties)).not.toContain('cloudtrail');
  });

  it('is for each function only what its secrets need', () => {
    const readers = strict
      .ofType('AWS::IAM::Role')
      .map((role) => ({
        role: role.logicalId.replace(/^VaultFunctions|Role[0-9A-F]{8}$/g, ''),
        decrypts: strict
          .statementsOf(role)
          .filter(({ Sid }) => /^Decrypt(Client|Cookie)/.test(Sid))
          .map(({ Sid, Action, Resource, Condition }) => {
            expect(Action).toBe('kms:Decrypt');
            expect(usesServiceKey(strict, Resource)).toBe(true);
            const { StringEquals } = Condition as { StringEquals: Record<string, unknown> };
            expect(Object.keys(StringEquals)).toEqual(['kms:ViaService', 'kms:EncryptionContext:SecretARN']);
            return Sid;
          }),
      }))
      .filter(({ decrypts }) => decrypts.length > 0);
    expect(Object.fromEntries(readers.map(({ role, decrypts }) => [role, decrypts]))).toEqual({
      Authorize: ['DecryptCookieKey'],
      Callback: ['DecryptClientSecret', 'DecryptCookieKey'],
      Consents: ['DecryptCookieKey'],
      Rotate: ['DecryptClientSecret'],
    });
  });

  it('lets the rules on cleared alarms publish to the encrypted topic', () => {
    const role = strict.one('AWS::IAM::Role', 'RecoveryMessages');
    const [, encrypt] = strict.statementsOf(role);
    expect(encrypt?.Sid).toBe('EncryptForTopic');
    expect(usesServiceKey(strict, encrypt?.Resource)).toBe(true);
  });
});

describe('tracing', () => {
  const traced = vaultWith({ tracing: true });

  it('is active on every function, whose role may write traces and nothing more', () => {
    for (const { properties, logicalId } of traced.ofType('AWS::Lambda::Function')) {
      expect(properties.TracingConfig, logicalId).toEqual({ Mode: 'Active' });
    }
    const statements = traced
      .ofType('AWS::IAM::Role')
      .flatMap((role) => traced.statementsOf(role))
      .filter(({ Action }) => JSON.stringify(Action).includes('xray'));
    expect(statements).toHaveLength(8);
    for (const statement of statements) {
      expect(statement).toEqual({
        Sid: 'WriteTraces',
        Effect: 'Allow',
        Action: ['xray:PutTelemetryRecords', 'xray:PutTraceSegments'],
        Resource: '*',
      });
    }
  });

  it('is off by default, with no permission for it', () => {
    const text = JSON.stringify(standard.resources.filter(({ type }) => !type.includes('Policy')));
    expect(text).not.toContain('TracingConfig');
    expect(JSON.stringify(standard.resources)).not.toContain('xray:');
  });
});

describe('data events without the strict level', () => {
  it('go to a bucket that Amazon S3 encrypts', () => {
    const template = vaultWith({ dataEvents: true });
    expect(template.one('AWS::CloudTrail::Trail').properties.KMSKeyId).toBeUndefined();
    expect(JSON.stringify(template.one('AWS::S3::Bucket').properties.BucketEncryption)).toContain('AES256');
    expect(template.ofType('AWS::KMS::Key')).toHaveLength(2);
  });
});
