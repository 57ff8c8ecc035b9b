import { RemovalPolicy } from 'aws-cdk-lib';
import {
  AccountRootPrincipal,
  AnyPrincipal,
  Effect,
  type IRole,
  PolicyDocument,
  PolicyStatement,
} from 'aws-cdk-lib/aws-iam';
import { CfnReplicaKey, Key } from 'aws-cdk-lib/aws-kms';
import type { Construct } from 'constructs';
import {
  CONTEXT_CLIENT_ID,
  CONTEXT_CONNECTION,
  CONTEXT_PURPOSE,
  type SealPurpose,
} from '../iam/encryption-context.ts';

// Listed by name: `kms:Create*` would include CreateGrant, which can pass on Decrypt without any context.
export const KEY_ADMINISTRATION = [
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
/** For keys that have, or are, replicas. */
// KMS synchronizes a key and its replicas through a role of the account
// (AWSServiceRoleForKeyManagementServiceMultiRegionKeys).
const ADMINISTRATION_ACROSS_REGIONS = [
  'kms:ReplicateKey',
  'kms:SynchronizeMultiRegionKey',
  'kms:UpdatePrimaryRegion',
];
const USE = ['kms:Decrypt', 'kms:GenerateDataKey'];
const ANY_CRYPTOGRAPHY = ['kms:Decrypt', 'kms:Encrypt', 'kms:GenerateDataKey*', 'kms:ReEncrypt*'];
const OPENING = ['kms:Decrypt', 'kms:ReEncrypt*'];

/** Nothing is sealed with a key of a deployment that failed, and each key that stays costs a dollar a month. */
export const KEPT_ONCE_DEPLOYED = RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE;

export interface TokenKeyProps {
  /** What the key seals; the only purpose its policy accepts. */
  readonly purpose: SealPurpose;
  readonly description: string;
  /**
   * The only role that may decrypt with this key. Absent: every principal that an IAM policy of the account permits.
   */
  readonly onlyOpener?: IRole;
  /** Cannot change after the key is created. */
  readonly multiRegion?: boolean;
}

/**
 * A KMS key whose own policy requires the encryption context, so that even a broad IAM policy of the account cannot use
 * it without one.
 */
export class TokenKey extends Key {
  constructor(scope: Construct, id: string, props: TokenKeyProps) {
    super(scope, id, {
      description: props.description,
      enableKeyRotation: true,
      removalPolicy: KEPT_ONCE_DEPLOYED,
      ...(props.multiRegion === true && { multiRegion: true }),
      policy: keyPolicy(props, props.multiRegion),
    });
  }
}

/** The same key in another Region. KMS does not replicate the key policy, so the replica needs its own. */
export class TokenKeyReplica extends CfnReplicaKey {
  readonly keyArn: string;

  constructor(
    scope: Construct,
    id: string,
    props: Omit<TokenKeyProps, 'multiRegion'> & { readonly primaryKeyArn: string },
  ) {
    const { description, primaryKeyArn } = props;
    super(scope, id, { description, primaryKeyArn, keyPolicy: keyPolicy(props, true) });
    this.keyArn = this.attrArn;
    this.applyRemovalPolicy(KEPT_ONCE_DEPLOYED);
  }
}

function keyPolicy(
  { purpose, onlyOpener }: Pick<TokenKeyProps, 'purpose' | 'onlyOpener'>,
  acrossRegions = false,
): PolicyDocument {
  return new PolicyDocument({
    statements: [
      administration(acrossRegions),
      useWithContext(purpose),
      ...denyWithoutContext(purpose),
      ...(onlyOpener === undefined ? [] : [denyOtherOpeners(onlyOpener)]),
    ],
  });
}

function administration(acrossRegions: boolean): PolicyStatement {
  return new PolicyStatement({
    sid: 'Administer',
    principals: [new AccountRootPrincipal()],
    actions: acrossRegions ? [...KEY_ADMINISTRATION, ...ADMINISTRATION_ACROSS_REGIONS] : KEY_ADMINISTRATION,
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

/**
 * One statement per condition key: conditions within one statement must all hold, and the Deny must apply when any one
 * does.
 */
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
