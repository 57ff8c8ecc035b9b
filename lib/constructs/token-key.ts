import { RemovalPolicy } from 'aws-cdk-lib';
import {
  AccountRootPrincipal,
  AnyPrincipal,
  Effect,
  type IRole,
  PolicyDocument,
  PolicyStatement,
} from 'aws-cdk-lib/aws-iam';
import { Key } from 'aws-cdk-lib/aws-kms';
import type { Construct } from 'constructs';
import {
  CONTEXT_CLIENT_ID,
  CONTEXT_CONNECTION,
  CONTEXT_PURPOSE,
  type SealPurpose,
} from '../encryption-context.ts';

// By name: `kms:Create*` would contain CreateGrant, which hands out Decrypt without any context.
const ADMINISTRATION = [
  'kms:CancelKeyDeletion',
  'kms:CreateAlias',
  'kms:DeleteAlias',
  'kms:DescribeKey',
  'kms:DisableKey',
  'kms:DisableKeyRotation',
  'kms:EnableKey',
  'kms:EnableKeyRotation',
  'kms:GetKeyPolicy',
  'kms:GetKeyRotationStatus',
  'kms:ListGrants',
  'kms:ListKeyPolicies',
  'kms:ListKeyRotations',
  'kms:ListResourceTags',
  'kms:PutKeyPolicy',
  'kms:RevokeGrant',
  'kms:RotateKeyOnDemand',
  'kms:ScheduleKeyDeletion',
  'kms:TagResource',
  'kms:UntagResource',
  'kms:UpdateAlias',
  'kms:UpdateKeyDescription',
];
const USE = ['kms:Decrypt', 'kms:GenerateDataKey'];
const ANY_CRYPTOGRAPHY = ['kms:Decrypt', 'kms:Encrypt', 'kms:GenerateDataKey*', 'kms:ReEncrypt*'];
const OPENING = ['kms:Decrypt', 'kms:ReEncrypt*'];

export interface TokenKeyProps {
  /** What the key seals; the only purpose its policy accepts. */
  readonly purpose: SealPurpose;
  readonly description: string;
  /** The only role that may open what the key sealed. Absent: whoever an IAM policy of the account permits. */
  readonly onlyOpener?: IRole;
}

/**
 * A KMS key whose own policy demands the encryption context, so that no IAM policy of the account, however wide, can
 * use it without one.
 */
export class TokenKey extends Key {
  constructor(scope: Construct, id: string, props: TokenKeyProps) {
    super(scope, id, {
      description: props.description,
      enableKeyRotation: true,
      removalPolicy: RemovalPolicy.RETAIN,
      policy: new PolicyDocument({
        statements: [
          administration(),
          useWithContext(props.purpose),
          ...denyWithoutContext(props.purpose),
          ...(props.onlyOpener === undefined ? [] : [denyOtherOpeners(props.onlyOpener)]),
        ],
      }),
    });
  }
}

function administration(): PolicyStatement {
  return new PolicyStatement({
    sid: 'Administer',
    principals: [new AccountRootPrincipal()],
    actions: ADMINISTRATION,
    resources: ['*'],
  });
}

function useWithContext(purpose: SealPurpose): PolicyStatement {
  return new PolicyStatement({
    sid: 'UseWithContext',
    principals: [new AccountRootPrincipal()],
    actions: USE,
    resources: ['*'],
    conditions: {
      StringEquals: { [CONTEXT_PURPOSE]: purpose },
      Null: { [CONTEXT_CONNECTION]: 'false', [CONTEXT_CLIENT_ID]: 'false' },
    },
  });
}

/** One statement per key: conditions within a statement must all hold, and a Deny has to bite when any of them does. */
function denyWithoutContext(purpose: SealPurpose): PolicyStatement[] {
  return [
    // A negated operator also matches a request that lacks the key.
    denyCryptography('DenyOtherPurposes', { StringNotEquals: { [CONTEXT_PURPOSE]: purpose } }),
    denyCryptography('DenyWithoutConnection', { Null: { [CONTEXT_CONNECTION]: 'true' } }),
    denyCryptography('DenyWithoutClientId', { Null: { [CONTEXT_CLIENT_ID]: 'true' } }),
  ];
}

function denyCryptography(sid: string, conditions: Record<string, Record<string, string>>): PolicyStatement {
  return new PolicyStatement({
    sid,
    effect: Effect.DENY,
    principals: [new AnyPrincipal()],
    actions: ANY_CRYPTOGRAPHY,
    resources: ['*'],
    conditions,
  });
}

function denyOtherOpeners(role: IRole): PolicyStatement {
  return new PolicyStatement({
    sid: 'DenyOtherOpeners',
    effect: Effect.DENY,
    principals: [new AnyPrincipal()],
    actions: OPENING,
    resources: ['*'],
    conditions: { ArnNotEquals: { 'aws:PrincipalArn': role.roleArn } },
  });
}
