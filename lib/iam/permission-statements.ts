import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { CfnSecret } from 'aws-cdk-lib/aws-secretsmanager';
import type { RotationScheduling } from '../constructs/rotation-scheduling.ts';
import { viaService } from '../constructs/service-key.ts';
import type { SealingKeys } from '../constructs/vault-keys.ts';
import {
  CONTEXT_CLIENT_ID,
  CONTEXT_CONNECTION,
  CONTEXT_PURPOSE,
  type SealPurpose,
} from './encryption-context.ts';

const EVENT_SOURCE = 'adobe-token-vault';

type ItemAction = 'GetItem' | 'PutItem' | 'UpdateItem' | 'DeleteItem' | 'Query' | 'Scan';

export function onTable(
  sid: string,
  { tableArn }: { readonly tableArn: string },
  actions: readonly ItemAction[],
): PolicyStatement {
  return new PolicyStatement({
    sid,
    actions: actions.map((action) => `dynamodb:${action}`),
    resources: [tableArn],
  });
}

/**
 * Reads single items, and only these attributes of them. The key counts as an attribute.
 *
 * @see https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/specifying-conditions.html
 */
export function readAttributes(
  sid: string,
  { tableArn }: { readonly tableArn: string },
  attributes: readonly string[],
): PolicyStatement {
  return new PolicyStatement({
    sid,
    actions: ['dynamodb:GetItem'],
    resources: [tableArn],
    conditions: {
      'ForAllValues:StringEquals': { 'dynamodb:Attributes': [...attributes] },
      StringEquals: { 'dynamodb:Select': 'SPECIFIC_ATTRIBUTES' },
    },
  });
}

export function onIndex(
  sid: string,
  { tableArn }: { readonly tableArn: string },
  index: string,
): PolicyStatement {
  return new PolicyStatement({
    sid,
    actions: ['dynamodb:Query'],
    resources: [`${tableArn}/index/${index}`],
  });
}

/**
 * Only for this vault's credential and purpose, and never without a connection in the context. Includes former keys:
 * they still open old tokens, and functions of the previous version seal with them until the deployment completes.
 */
export function useKeys(
  sid: string,
  { present, former }: SealingKeys,
  purpose: SealPurpose,
  clientId: string,
  actions: readonly ('Decrypt' | 'GenerateDataKey')[],
): PolicyStatement {
  return new PolicyStatement({
    sid,
    actions: actions.map((action) => `kms:${action}`),
    resources: [present, ...former].map(({ keyArn }) => keyArn),
    conditions: {
      StringEquals: { [CONTEXT_PURPOSE]: purpose, [CONTEXT_CLIENT_ID]: clientId },
      Null: { [CONTEXT_CONNECTION]: 'false' },
    },
  });
}

/** With a key on the secret, Secrets Manager decrypts as the caller. */
export function readSecret(sid: string, secret: CfnSecret, serviceKey: IKey | undefined): PolicyStatement[] {
  const read = new PolicyStatement({
    sid,
    actions: ['secretsmanager:GetSecretValue'],
    resources: [secret.ref],
  });
  if (serviceKey === undefined) return [read];
  const decrypt = new PolicyStatement({
    sid: sid.replace('Read', 'Decrypt'),
    actions: ['kms:Decrypt'],
    resources: [serviceKey.keyArn],
    conditions: {
      StringEquals: {
        'kms:ViaService': viaService('secretsmanager'),
        'kms:EncryptionContext:SecretARN': secret.ref,
      },
    },
  });
  return [read, decrypt];
}

/**
 * A function that creates a schedule passes the role that Scheduler assumes. It may pass that role to no other service.
 */
export function createSchedules(
  scheduling: RotationScheduling,
  actions: readonly ('CreateSchedule' | 'GetSchedule' | 'DeleteSchedule')[],
): PolicyStatement[] {
  return [
    new PolicyStatement({
      sid: 'Schedules',
      actions: actions.map((action) => `scheduler:${action}`),
      resources: [scheduling.schedulesArn],
    }),
    new PolicyStatement({
      sid: 'PassScheduleRole',
      actions: ['iam:PassRole'],
      resources: [scheduling.role.roleArn],
      conditions: { StringEquals: { 'iam:PassedToService': 'scheduler.amazonaws.com' } },
    }),
  ];
}

/** Recreates the group of the rotation schedules after a deletion. */
export function restoreScheduleGroup({ groupArn }: RotationScheduling): PolicyStatement {
  return new PolicyStatement({
    sid: 'RestoreScheduleGroup',
    actions: ['scheduler:CreateScheduleGroup', 'scheduler:GetScheduleGroup'],
    resources: [groupArn],
  });
}

/** `events:source` is multi-valued: `ForAllValues` alone would also pass a request that names no source at all. */
export function publishEvents(eventBusArn: string): PolicyStatement {
  return new PolicyStatement({
    sid: 'PublishEvents',
    actions: ['events:PutEvents'],
    resources: [eventBusArn],
    conditions: {
      'ForAllValues:StringEquals': { 'events:source': EVENT_SOURCE },
      Null: { 'events:source': 'false' },
    },
  });
}

export function invoke(sid: string, functionArn: string): PolicyStatement {
  return new PolicyStatement({ sid, actions: ['lambda:InvokeFunction'], resources: [functionArn] });
}

export function sendMessages(sid: string, { queueArn }: { readonly queueArn: string }): PolicyStatement {
  return new PolicyStatement({ sid, actions: ['sqs:SendMessage'], resources: [queueArn] });
}
