import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { VaultEntrance } from '../constructs/vault-resources.ts';
import { CONTEXT_CLIENT_ID, CONTEXT_CONNECTION, CONTEXT_PURPOSE } from './encryption-context.ts';

const LEADING_KEYS = 'dynamodb:LeadingKeys';

/**
 * Reads sealed access tokens of these connections. `LeadingKeys` is multi-valued: `ForAllValues` alone would also pass a
 * request that names no key at all.
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-single-vs-multi-valued-context-keys.html
 */
export function readSealedTokens(
  { accessTokensTableArn }: VaultEntrance,
  connections: readonly string[],
): PolicyStatement {
  // No statement id: a second grant to the same caller would repeat it.
  return new PolicyStatement({
    actions: ['dynamodb:BatchGetItem', 'dynamodb:GetItem'],
    resources: [accessTokensTableArn],
    conditions: {
      'ForAllValues:StringLike': { [LEADING_KEYS]: patternValue(connections) },
      Null: { [LEADING_KEYS]: 'false' },
    },
  });
}

/**
 * Opens access tokens. Refresh tokens are sealed with another key, whose policy denies every role except the rotator's.
 */
export function openSealedTokens(
  { accessKeyArn, clientId }: VaultEntrance,
  connections: readonly string[],
): PolicyStatement {
  return new PolicyStatement({
    actions: ['kms:Decrypt'],
    resources: [accessKeyArn],
    conditions: {
      StringEquals: { [CONTEXT_PURPOSE]: 'access', [CONTEXT_CLIENT_ID]: clientId },
      StringLike: { [CONTEXT_CONNECTION]: patternValue(connections) },
    },
  });
}

/** A condition with one value is written as IAM's examples write it. */
function patternValue(patterns: readonly string[]): string | readonly string[] {
  return patterns.length === 1 ? (patterns[0] ?? '') : patterns;
}
