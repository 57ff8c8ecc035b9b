import { describe, expect, it } from 'vitest';
import type { AuthorizationRequest } from '../../../local/aws/aws-call.ts';
import { createAuthorizer } from '../../../local/aws/iam/authorizer.ts';
import { evaluateWithout, unneededParts } from '../../../local/aws/iam/unneeded-parts.ts';
import type { IamDirectory } from '../../../local/aws/iam-directory.ts';
import { accountId, directoryOf, policyOf, region, roleNamed } from './local-account.ts';

const table = `arn:aws:dynamodb:${region}:${accountId}:table/AccessTokens`;
const key = `arn:aws:kms:${region}:${accountId}:key/11111111-2222-3333-4444-555555555555`;
const bus = `arn:aws:events:${region}:${accountId}:event-bus/default`;
const scheduleRole = `arn:aws:iam::${accountId}:role/schedule`;

const consumer = roleNamed('consumer', [
  {
    Effect: 'Allow',
    Action: ['dynamodb:GetItem', 'dynamodb:BatchGetItem'],
    Resource: table,
    Condition: {
      'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': ['acme.*'] },
      Null: { 'dynamodb:LeadingKeys': 'false' },
    },
  },
  {
    Effect: 'Allow',
    Action: 'kms:Decrypt',
    Resource: key,
    Condition: { StringLike: { 'kms:EncryptionContext:connection': 'acme.*' } },
  },
]);
const rotate = roleNamed('rotate', [
  { Effect: 'Allow', Action: ['kms:Decrypt', 'kms:GenerateDataKey'], Resource: key },
  {
    Effect: 'Allow',
    Action: 'events:PutEvents',
    Resource: bus,
    Condition: {
      'ForAllValues:StringEquals': { 'events:source': 'adobe-token-vault' },
      Null: { 'events:source': 'false' },
    },
  },
  {
    Effect: 'Allow',
    Action: 'iam:PassRole',
    Resource: scheduleRole,
    Condition: { StringEquals: { 'iam:PassedToService': 'scheduler.amazonaws.com' } },
  },
]);
const schedule = roleNamed('schedule', [], 'scheduler.amazonaws.com');
schedule.trust = policyOf({
  Effect: 'Allow',
  Principal: { Service: 'scheduler.amazonaws.com' },
  Action: 'sts:AssumeRole',
  Condition: { StringEquals: { 'aws:SourceAccount': accountId } },
});

const keyPolicy = policyOf(
  {
    Effect: 'Allow',
    Principal: { AWS: `arn:aws:iam::${accountId}:root` },
    Action: ['kms:Decrypt', 'kms:GenerateDataKey'],
    Resource: '*',
  },
  {
    Effect: 'Deny',
    Principal: { AWS: '*' },
    Action: ['kms:Decrypt', 'kms:GenerateDataKey'],
    Resource: '*',
    Condition: { Null: { 'kms:EncryptionContext:connection': 'true' } },
  },
);

function directory(): IamDirectory {
  return { ...directoryOf(consumer, rotate, schedule), keyPolicies: new Map([[key, keyPolicy]]) };
}

function get(leadingKeys?: string[]) {
  return {
    action: 'dynamodb:GetItem',
    resource: table,
    context: leadingKeys ? { 'dynamodb:LeadingKeys': leadingKeys } : {},
  };
}

function decrypt(connection?: string) {
  return {
    action: 'kms:Decrypt',
    resource: key,
    context: connection ? { 'kms:EncryptionContext:connection': connection } : {},
  };
}

function put(source: string[]) {
  return {
    action: 'events:PutEvents',
    resource: bus,
    context: { 'events:source': source },
  };
}

function pass(service: string, resource = scheduleRole) {
  return {
    action: 'iam:PassRole',
    resource,
    context: { 'iam:PassedToService': service },
  };
}

describe('the authorizer', () => {
  const { decide, decideAssumeRole } = createAuthorizer(directory());
  const asConsumer = { roleName: 'consumer' };
  const asRotate = { roleName: 'rotate' };

  it('lets a reader at the partition keys of its pattern and at no others', () => {
    expect(decide(asConsumer, get(['acme.user-42']))).toBe('Allowed');
    expect(decide(asConsumer, get(['other.user-42']))).toBe('ImplicitlyDenied');
    expect(decide(asConsumer, get(['acme.user-42', 'other.user-42']))).toBe('ImplicitlyDenied');
    expect(decide(asConsumer, get())).toBe('ImplicitlyDenied');
  });

  it('fences Decrypt by the encryption context', () => {
    expect(decide(asConsumer, decrypt('acme.user-42'))).toBe('Allowed');
    expect(decide(asConsumer, decrypt('other.user-42'))).toBe('ImplicitlyDenied');
  });

  it('obeys a Deny of the key policy when the context is missing', () => {
    expect(decide(asRotate, decrypt('anyone'))).toBe('Allowed');
    expect(decide(asRotate, decrypt())).toBe('ExplicitlyDenied');
  });

  it('needs the key policy as well as the role for KMS', () => {
    const { decide: decideWithoutKeyPolicy } = createAuthorizer(directoryOf(consumer));
    expect(decideWithoutKeyPolicy(asConsumer, decrypt('acme.user-42'))).toBe('ImplicitlyDenied');
    expect(decide({ roleName: 'schedule' }, decrypt('acme.user-42'))).toBe('ImplicitlyDenied');
  });

  it('compares every source of the events put together', () => {
    expect(decide(asRotate, put(['adobe-token-vault']))).toBe('Allowed');
    expect(decide(asRotate, put(['adobe-token-vault', 'aws.ec2']))).toBe('ImplicitlyDenied');
  });

  it('lets a role be passed to the named service alone', () => {
    expect(decide(asRotate, pass('scheduler.amazonaws.com'))).toBe('Allowed');
    expect(decide(asRotate, pass('lambda.amazonaws.com'))).toBe('ImplicitlyDenied');
    const otherRole = scheduleRole.replace('schedule', 'admin');
    expect(decide(asRotate, pass('scheduler.amazonaws.com', otherRole))).toBe('ImplicitlyDenied');
  });

  it('follows the trust policy of a role, its conditions included', () => {
    const inAccount = { 'aws:SourceAccount': accountId };
    expect(decideAssumeRole(scheduleRole, 'scheduler.amazonaws.com', inAccount)).toBe('Allowed');
    expect(decideAssumeRole(scheduleRole, 'lambda.amazonaws.com', inAccount)).toBe('ImplicitlyDenied');
    expect(decideAssumeRole(scheduleRole, 'scheduler.amazonaws.com', { 'aws:SourceAccount': '9' })).toBe(
      'ImplicitlyDenied',
    );
    expect(decideAssumeRole(`${scheduleRole}s`, 'scheduler.amazonaws.com', inAccount)).toBe(
      'ImplicitlyDenied',
    );
  });

  it('denies everything to a role that does not exist', () => {
    expect(decide({ roleName: 'ghost' }, get(['acme.user-42']))).toBe('ImplicitlyDenied');
  });

  it('keeps each distinct question once', () => {
    const authorizer = createAuthorizer(directory());
    for (let i = 0; i < 3; i += 1) authorizer.decide(asConsumer, get(['acme.user-42']));
    authorizer.decide(asConsumer, get(['acme.user-43']));
    expect(authorizer.records()).toHaveLength(2);
  });
});

describe('asking recorded requests again', () => {
  function recordsOf(...requests: [string, AuthorizationRequest][]) {
    const authorizer = createAuthorizer(directory());
    for (const [roleName, request] of requests) authorizer.decide({ roleName }, request);
    return authorizer.records();
  }

  it('shows what a statement was needed for', () => {
    const records = recordsOf(['consumer', get(['acme.user-42'])], ['consumer', decrypt('acme.user-42')]);
    const first = { owner: { roleName: 'consumer' }, policyName: 'inline', statementIndex: 0 };
    const denied = evaluateWithout(directory(), records, first);
    expect(denied.map((d) => d.request.action)).toEqual(['dynamodb:GetItem']);
  });

  it('distinguishes a used action from an unused one of the same statement', () => {
    const records = recordsOf(['consumer', get(['acme.user-42'])]);
    const part = { owner: { roleName: 'consumer' }, policyName: 'inline', statementIndex: 0 };
    expect(evaluateWithout(directory(), records, { ...part, action: 'dynamodb:GetItem' })).toHaveLength(1);
    expect(evaluateWithout(directory(), records, { ...part, action: 'dynamodb:BatchGetItem' })).toHaveLength(
      0,
    );
  });

  it('shows what a key policy statement was needed for', () => {
    const records = recordsOf(['rotate', decrypt('acme.user-42')]);
    const part = { owner: { keyArn: key }, policyName: 'key policy', statementIndex: 0 };
    expect(evaluateWithout(directory(), records, part)).toHaveLength(1);
    expect(evaluateWithout(directory(), records, { ...part, action: 'kms:GenerateDataKey' })).toHaveLength(0);
  });

  it('lists every unused part', () => {
    const records = recordsOf(
      ['consumer', get(['acme.user-42'])],
      ['consumer', decrypt('acme.user-42')],
      ['rotate', put(['adobe-token-vault'])],
      ['rotate', pass('scheduler.amazonaws.com')],
    );
    const unneeded = unneededParts(directory(), records).map(({ owner, statementIndex, action }) => [
      'roleName' in owner ? owner.roleName : 'key',
      statementIndex,
      action,
    ]);
    expect(unneeded).toEqual([
      ['consumer', 0, 'dynamodb:BatchGetItem'],
      ['rotate', 0, undefined],
      ['rotate', 0, 'kms:Decrypt'],
      ['rotate', 0, 'kms:GenerateDataKey'],
      ['key', 0, 'kms:GenerateDataKey'],
    ]);
  });
});
