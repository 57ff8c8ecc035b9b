import { randomInt } from 'node:crypto';
import type { TableProperties, TableProtection } from '../aws/dynamodb/table-schema.ts';
import type { KmsKey } from '../aws/kms/kms-keys.ts';
import type { Secret } from '../aws/secrets-manager-service.ts';
import { LocalStackError } from '../stack/local-stack-error.ts';
import { type DeployedResource, type Deployment, refersTo, resourcesOfType } from './deployment.ts';
import { asArray, asRecord, isRecord, isTrue, optionalNumber, optionalString } from './template.ts';

function keyElements(value: unknown): TableProperties['KeySchema'] {
  return asArray(value).map((element) => {
    const { AttributeName, KeyType } = asRecord(element);
    return { AttributeName: String(AttributeName), KeyType: String(KeyType) };
  });
}

function toTable({ identity, properties, logicalId }: DeployedResource): TableProperties & TableProtection {
  if (properties.LocalSecondaryIndexes !== undefined || properties.StreamSpecification !== undefined) {
    throw new LocalStackError(
      'TEMPLATE_UNSUPPORTED',
      `${logicalId} has local indexes or a stream, which do not run here.`,
    );
  }
  return {
    TableName: identity.ref,
    KeySchema: keyElements(properties.KeySchema),
    AttributeDefinitions: asArray(properties.AttributeDefinitions).map((element) => {
      const { AttributeName, AttributeType } = asRecord(element);
      return { AttributeName: String(AttributeName), AttributeType: String(AttributeType) };
    }),
    GlobalSecondaryIndexes: asArray(properties.GlobalSecondaryIndexes).map((element) => {
      const { IndexName, KeySchema, Projection } = asRecord(element);
      return { IndexName: String(IndexName), KeySchema: keyElements(KeySchema), Projection };
    }),
    ...protectionOf(properties),
  };
}

function protectionOf(properties: DeployedResource['properties']): TableProtection {
  const recovery = asRecord(properties.PointInTimeRecoverySpecification ?? {});
  const timeToLive = asRecord(properties.TimeToLiveSpecification ?? {});
  const timeToLiveAttribute = optionalString(timeToLive.AttributeName, 'AttributeName');
  return {
    deletionProtection: isTrue(properties.DeletionProtectionEnabled),
    pointInTimeRecovery: isTrue(recovery.PointInTimeRecoveryEnabled),
    ...(timeToLiveAttribute !== undefined && isTrue(timeToLive.Enabled) && { timeToLiveAttribute }),
  };
}

export function loadTables(deployment: Deployment): (TableProperties & TableProtection)[] {
  return resourcesOfType(deployment, 'AWS::DynamoDB::Table').map(toTable);
}

const REPLICA_KEY = 'AWS::KMS::ReplicaKey';

function toKey(deployment: Deployment, key: DeployedResource): KmsKey {
  const { KeySpec } = key.properties;
  const spec = KeySpec === undefined ? 'SYMMETRIC_DEFAULT' : String(KeySpec);
  if (!isKnownSpec(spec)) {
    throw new LocalStackError(
      'TEMPLATE_UNSUPPORTED',
      `${key.logicalId} is a ${spec} key, which does not run here.`,
    );
  }
  return {
    keyArn: key.identity.attributes.Arn ?? '',
    spec,
    // A replica rotates with its primary key.
    rotating: key.type === REPLICA_KEY || isTrue(key.properties.EnableKeyRotation),
    aliases: resourcesOfType(deployment, 'AWS::KMS::Alias')
      .filter(({ properties }) => refersTo(key, String(properties.TargetKeyId)))
      .map(({ identity }) => identity.ref),
  };
}

const knownSpecs = ['SYMMETRIC_DEFAULT', 'HMAC_256', 'HMAC_384', 'HMAC_512'] as const;

function isKnownSpec(spec: string): spec is (typeof knownSpecs)[number] {
  return knownSpecs.some((known) => known === spec);
}

/** Keys of this Region, and replicas of another's. */
export function keysOf(deployment: Deployment): DeployedResource[] {
  return [...resourcesOfType(deployment, 'AWS::KMS::Key'), ...resourcesOfType(deployment, REPLICA_KEY)];
}

export function loadKeys(deployment: Deployment): KmsKey[] {
  return keysOf(deployment).map((key) => toKey(deployment, key));
}

const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const DIGITS = '0123456789';
const PUNCTUATION = '!"#$%&\'()*+,-./:;<=>?@[\\]^_`{|}~';
const DEFAULT_PASSWORD_LENGTH = 32;

function generatePassword(settings: Record<string, unknown>): string {
  const excluded = optionalString(settings.ExcludeCharacters, 'ExcludeCharacters') ?? '';
  const alphabet = [
    isTrue(settings.ExcludeUppercase) ? '' : LETTERS.slice(0, 26),
    isTrue(settings.ExcludeLowercase) ? '' : LETTERS.slice(26),
    isTrue(settings.ExcludeNumbers) ? '' : DIGITS,
    isTrue(settings.ExcludePunctuation) ? '' : PUNCTUATION,
  ]
    .join('')
    .split('')
    .filter((character) => !excluded.includes(character));
  const length = optionalNumber(settings.PasswordLength, 'PasswordLength') ?? DEFAULT_PASSWORD_LENGTH;
  return Array.from({ length }, () => alphabet[randomInt(alphabet.length)]).join('');
}

function valueOfSecret({ SecretString, GenerateSecretString }: Record<string, unknown>): string | undefined {
  if (typeof SecretString === 'string') return SecretString;
  if (!isRecord(GenerateSecretString)) return undefined;
  const password = generatePassword(GenerateSecretString);
  const { SecretStringTemplate, GenerateStringKey } = GenerateSecretString;
  if (typeof SecretStringTemplate !== 'string') return password;
  return JSON.stringify({ ...JSON.parse(SecretStringTemplate), [String(GenerateStringKey)]: password });
}

/** A secret without a value in the template stays empty until an operator fills it. */
export function loadSecrets(deployment: Deployment): Secret[] {
  return resourcesOfType(deployment, 'AWS::SecretsManager::Secret').map(({ identity, properties }) => {
    const secretString = valueOfSecret(properties);
    return {
      secretArn: identity.ref,
      name: identity.attributes.Name ?? identity.ref,
      ...(secretString === undefined ? {} : { secretString }),
      ...(typeof properties.KmsKeyId === 'string' && { kmsKeyArn: properties.KmsKeyId }),
    };
  });
}

export function loadQueueArns(deployment: Deployment): string[] {
  return resourcesOfType(deployment, 'AWS::SQS::Queue').map(({ identity }) => identity.attributes.Arn ?? '');
}
