import { expect, it } from 'vitest';
import { createRelevantStatements } from '../../../local/aws/iam/relevant-statements.ts';

function keptFor(action: string, ...statements: readonly object[]): unknown {
  const kept = createRelevantStatements()({ Version: '2012-10-17', Statement: statements }, action);
  return (kept as { Statement: unknown }).Statement;
}

it.each<[Action: string | string[], action: string]>([
  ['kms:Decrypt', 'kms:Decrypt'],
  ['KMS:decrypt', 'kms:Decrypt'],
  [['kms:Encrypt', 'kms:*'], 'kms:Decrypt'],
  ['*', 'kms:Decrypt'],
  ['dynamodb:?etItem', 'dynamodb:GetItem'],
  ['dynamodb:*Item', 'dynamodb:BatchGetItem'],
])('a statement on %j may matter to %s', (Action, action) => {
  expect(keptFor(action, { Effect: 'Deny', Action })).toEqual([{ Effect: 'Deny', Action }]);
});

it.each<[Action: string | string[], action: string]>([
  ['kms:Decrypt', 'kms:ReEncryptFrom'],
  [['kms:Decrypt', 'kms:Encrypt'], 'dynamodb:GetItem'],
  ['dynamodb:Get?', 'dynamodb:GetItem'],
  ['kms.Decrypt', 'kms:Decrypt'],
])('a statement on %j decides nothing about %s', (Action, action) => {
  expect(keptFor(action, { Effect: 'Allow', Action })).toEqual([]);
});

it('a statement on all actions but some is left to the engine, and so is what is no policy document', () => {
  const statement = { Effect: 'Deny', NotAction: 'kms:Decrypt' };
  expect(keptFor('kms:Decrypt', statement)).toEqual([statement]);
  expect(createRelevantStatements()(undefined, 'kms:Decrypt')).toBeUndefined();
});
