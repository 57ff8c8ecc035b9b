import { describe, expect, inject, it } from 'vitest';
import { asObject, readTemplate } from '../support/synth/template.ts';

const template = readTemplate(inject('cdkOut'), 'AdobeTokenVault');
const connections = template.one('AWS::DynamoDB::Table', 'Connections');
const accessTokens = template.one('AWS::DynamoDB::Table', 'AccessTokens');
const ephemeral = template.one('AWS::DynamoDB::Table', 'Ephemeral');
const tables = [connections, accessTokens, ephemeral];

describe('the tables', () => {
  it('are paid for by request and encrypted by DynamoDB itself', () => {
    for (const { properties } of tables) {
      expect(properties.BillingMode).toBe('PAY_PER_REQUEST');
      expect(properties.SSESpecification).toBeUndefined();
    }
  });

  it('keep the connections: restorable to any second, not deletable, and left behind by a deleted stack', () => {
    expect(connections.properties).toMatchObject({
      PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
      DeletionProtectionEnabled: true,
      KeySchema: [{ AttributeName: 'connectionId', KeyType: 'HASH' }],
    });
    expect(connections.deletionPolicy).toBe('Retain');
    expect(connections.properties.TimeToLiveSpecification, 'a connection never disappears by itself').toBe(
      undefined,
    );
  });

  it('find connections by due time and by subject, without copying any token into an index', () => {
    expect(connections.properties.GlobalSecondaryIndexes).toEqual([
      {
        IndexName: 'due',
        KeySchema: [
          { AttributeName: 'dueShard', KeyType: 'HASH' },
          { AttributeName: 'dueAtMs', KeyType: 'RANGE' },
        ],
        Projection: {
          ProjectionType: 'INCLUDE',
          NonKeyAttributes: ['refreshExpiresAtMs', 'state', 'sliding'],
        },
      },
      {
        IndexName: 'subject',
        KeySchema: [{ AttributeName: 'subjectKey', KeyType: 'HASH' }],
        Projection: { ProjectionType: 'KEYS_ONLY' },
      },
    ]);
    expect(connections.properties.AttributeDefinitions).toEqual([
      { AttributeName: 'connectionId', AttributeType: 'S' },
      { AttributeName: 'dueShard', AttributeType: 'N' },
      { AttributeName: 'dueAtMs', AttributeType: 'N' },
      { AttributeName: 'subjectKey', AttributeType: 'S' },
    ]);
  });

  it('let caches expire', () => {
    const expiring = { AttributeName: 'ttlEpochSeconds', Enabled: true };

    expect(accessTokens.properties).toMatchObject({
      TimeToLiveSpecification: expiring,
      KeySchema: [
        { AttributeName: 'connectionId', KeyType: 'HASH' },
        { AttributeName: 'scopeSet', KeyType: 'RANGE' },
      ],
    });
    expect(ephemeral.properties).toMatchObject({
      TimeToLiveSpecification: expiring,
      KeySchema: [{ AttributeName: 'key', KeyType: 'HASH' }],
    });
    expect([accessTokens.deletionPolicy, ephemeral.deletionPolicy]).toEqual(['Delete', 'Delete']);
  });
});

describe('the secrets', () => {
  const clientSecret = template.one('AWS::SecretsManager::Secret', 'ClientSecret');
  const cookieKey = template.one('AWS::SecretsManager::Secret', 'CookieKey');

  it('hold no client secret: a deployment must never overwrite the one the operator stored', () => {
    expect(Object.keys(clientSecret.properties).sort()).toEqual(['Description', 'Name', 'Tags']);
    expect(clientSecret.deletionPolicy).toBe('RetainExceptOnCreate');
  });

  it('hold a generated cookie key as JSON, with 256 bits of chance', () => {
    const { GenerateSecretString } = cookieKey.properties;

    expect(GenerateSecretString).toEqual({
      SecretStringTemplate: '{}',
      GenerateStringKey: 'current',
      PasswordLength: 43,
      ExcludePunctuation: true,
    });
    const alphabet = 26 + 26 + 10;
    expect(43 * Math.log2(alphabet)).toBeGreaterThanOrEqual(256);
  });

  it('have a client secret whose name changes with every new deployment, because a deleted name stays taken', () => {
    expect(template.text(clientSecret.properties.Name)).toContain('AdobeTokenVault/adobe-client-secret/');
    expect(JSON.stringify(clientSecret.properties.Name)).toContain('AWS::StackId');
    expect(asObject(template.outputs.ClientSecretName).Value).toEqual(clientSecret.properties.Name);
  });
});

describe('the dead-letter queue', () => {
  it('is encrypted, keeps messages for two weeks and takes none over plain http', () => {
    const queue = template.one('AWS::SQS::Queue');
    const [statement] = template
      .ofType('AWS::SQS::QueuePolicy')
      .map(({ properties }) => JSON.stringify(properties.PolicyDocument));

    expect(queue.properties).toMatchObject({
      MessageRetentionPeriod: 14 * 24 * 60 * 60,
      SqsManagedSseEnabled: true,
    });
    expect(statement).toContain('"Condition":{"Bool":{"aws:SecureTransport":"false"}},"Effect":"Deny"');
  });
});

describe('the logs', () => {
  it('of the API stand where the account’s log policy does not fill up, under a name that no other vault has', () => {
    const { LogGroupName } = template.one('AWS::Logs::LogGroup', 'AccessLogs').properties;
    expect(template.text(LogGroupName)).toMatch(
      /^\/aws\/vendedlogs\/apigateway\/AdobeTokenVault-.*AWS::StackId/,
    );
  });

  it('are kept for the configured time and survive the stack', () => {
    const groups = template.ofType('AWS::Logs::LogGroup');

    expect(groups).toHaveLength(template.ofType('AWS::Lambda::Function').length + 1);
    for (const { properties, deletionPolicy } of groups) {
      expect(properties.RetentionInDays).toBe(90);
      expect(deletionPolicy).toBe('RetainExceptOnCreate');
    }
  });
});
