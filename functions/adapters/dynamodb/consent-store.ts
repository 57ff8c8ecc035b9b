import { randomUUID } from 'node:crypto';
import * as v from 'valibot';
import {
  type ConsentOutcome,
  type ConsentSession,
  type PendingConsent,
  pendingEndsAtMs,
} from '../../core/consent/consent.ts';
import type { ConsentOutcomeKind } from '../../core/consent/consent-outcome.ts';
import type { ConsentStore, ConsumeResult, PendingConsents } from '../../core/ports/consents.ts';
import type { Clock } from '../../core/ports/platform.ts';
import { sealedAccessTokenSchema } from './access-token-store.ts';
import { connectionSchema } from './connection-item.ts';
import type { DynamoDbClient, Item } from './dynamodb-client.ts';
import { fragment, placeholdersOf, settingEach } from './expressions.ts';
import { type EveryField, epochMs, flag, fromItem, oneOf, readItem, text, texts, toItem } from './items.ts';

export interface ConsentStoreDeps extends EphemeralTable {
  readonly clock: Pick<Clock, 'nowMs'>;
  /**
   * Tells the calls that consume a state apart.
   * @default randomUUID
   */
  readonly newConsumer?: () => string;
}

export function createConsentStore(deps: ConsentStoreDeps): ConsentStore {
  const { client, tableName, newConsumer = randomUUID } = deps;
  const get = (key: EphemeralKey) => client.get({ TableName: tableName, Key: { key: { S: key } } });
  const put = (key: EphemeralKey, record: { readonly expiresAtMs: number }) =>
    client.put({ TableName: tableName, Item: ephemeralItem(key, record) }, 'idempotent');

  return {
    async openSession(session) {
      await put(`session#${session.sessionDigest}`, session);
    },

    async readSession(sessionDigest, nowMs) {
      const item = await get(`session#${sessionDigest}`);
      const session = item && sessionFrom(item);
      return session && nowMs < session.expiresAtMs ? session : undefined;
    },

    async consume(digest, expiresAtMs) {
      const consumedBy = newConsumer();
      const isOwn = async () => consumerOf(await get(`state#${digest}`)) === consumedBy;
      const write = await client.put(
        {
          TableName: tableName,
          Item: ephemeralItem(`state#${digest}`, { expiresAtMs, consumedBy }),
          ConditionExpression: notThere.text,
          ...placeholdersOf(notThere),
        },
        isOwn,
      );
      return write === 'conflict' ? already(await get(`state#${digest}`)) : { kind: 'consumed' };
    },

    async recordOutcome(stateDigest, outcome, expiresAtMs) {
      const settings = settingEach({ outcome, expiresAtMs, ttlEpochSeconds: ttlEpochSeconds(expiresAtMs) });
      await client.update(
        {
          TableName: tableName,
          Key: { key: { S: `state#${stateDigest}` } },
          UpdateExpression: settings.text,
          ...placeholdersOf(settings),
        },
        'idempotent',
      );
    },

    async keepPending(pending) {
      await put(`code#${pending.codeDigest}`, pending);
    },

    pending: createPendingConsents(deps),
  };
}

function createPendingConsents({ client, tableName, clock }: ConsentStoreDeps): PendingConsents {
  const keyOf = (codeDigest: string) => ({
    TableName: tableName,
    Key: { key: { S: `code#${codeDigest}` } },
  });
  return {
    async read(codeDigest, nowMs) {
      const item = await client.get(keyOf(codeDigest));
      const pending = item && pendingFrom(item);
      return pending && nowMs < pendingEndsAtMs(pending) ? pending : undefined;
    },

    async markRedeemed(codeDigest, expiresAtMs) {
      const settings = settingEach({
        ttlEpochSeconds: ttlEpochSeconds(expiresAtMs),
        redeemedAtMs: clock.nowMs(),
      });
      // A code that is gone or redeemed already stays as it is: repeating a redeem does not prolong it.
      await client.update(
        {
          ...keyOf(codeDigest),
          UpdateExpression: settings.text,
          ConditionExpression: thereAndUnredeemed.text,
          ...placeholdersOf(settings, thereAndUnredeemed),
        },
        'idempotent',
      );
    },
  };
}

const notThere = fragment('attribute_not_exists(#key)');
const thereAndUnredeemed = fragment('attribute_exists(#key) AND attribute_not_exists(#redeemedAtMs)');

function already(item: Parameters<typeof outcomeFrom>[0] | undefined): ConsumeResult {
  const outcome = item === undefined ? undefined : outcomeFrom(item);
  return outcome === undefined ? { kind: 'already' } : { kind: 'already', outcome };
}

/** The table Ephemeral: key `key`, TTL `ttlEpochSeconds`. TTL only cleans up, some time after the moment. */
export interface EphemeralTable {
  readonly client: DynamoDbClient;
  readonly tableName: string;
}

/** The prefix tells what an item is; policies may name it. */
export type EphemeralKey = `session#${string}` | `state#${string}` | `code#${string}` | 'breakers';

interface EphemeralRecord {
  readonly expiresAtMs: number;
  /** Of a consumed state: tells the call that consumed it from every other. */
  readonly consumedBy?: string;
}

function ephemeralItem(key: EphemeralKey, record: EphemeralRecord): Item {
  return toItem({ ...record, key, ttlEpochSeconds: ttlEpochSeconds(record.expiresAtMs) });
}

function ttlEpochSeconds(expiresAtMs: number): number {
  return Math.ceil(expiresAtMs / 1_000);
}

const sessionSchema = v.object({
  sessionDigest: text,
  connectionId: text,
  returnUrlKey: text,
  appState: v.exactOptional(text),
  scopes: v.exactOptional(texts),
  replace: flag,
  expiresAtMs: epochMs,
  mac: v.exactOptional(text),
} satisfies EveryField<ConsentSession>);

const consumedSchema = v.object({
  expiresAtMs: epochMs,
  consumedBy: v.exactOptional(text),
  outcome: v.exactOptional(
    v.object({
      kind: oneOf<ConsentOutcomeKind>({
        connected: true,
        connected_not_renewable: true,
        kept_previous: true,
        declined: true,
        scope_not_allowed: true,
        transaction_expired: true,
        other_browser: true,
        already_used: true,
        adobe_unavailable: true,
        not_configured: true,
        user_action_required: true,
        invalid_request: true,
        identity_missing: true,
        vault_unavailable: true,
      }),
      appState: v.exactOptional(text),
    } satisfies EveryField<ConsentOutcome>),
  ),
});

const pendingSchema = v.object({
  codeDigest: text,
  kind: oneOf<PendingConsent['kind']>({ 'sign-in': true, 'consent-session': true }),
  connection: connectionSchema,
  accessToken: v.exactOptional(sealedAccessTokenSchema),
  replace: flag,
  keptPrevious: flag,
  appStateDigest: v.exactOptional(text),
  claims: v.exactOptional(v.record(text, v.union([text, flag]))),
  expiresAtMs: epochMs,
  redeemedAtMs: v.exactOptional(epochMs),
  mac: v.exactOptional(text),
} satisfies EveryField<PendingConsent>);

function sessionFrom(item: Item): ConsentSession {
  return wholeRecord(item, (one) => readItem(sessionSchema, one, 'A consent session'));
}

function consumerOf(item: Item | undefined): string | undefined {
  return item && readItem(consumedSchema, item, 'A consumed state').consumedBy;
}

function outcomeFrom(item: Item): ConsentOutcome | undefined {
  return readItem(consumedSchema, item, 'A consumed state').outcome;
}

function pendingFrom(item: Item): PendingConsent {
  return wholeRecord(item, (one) => readItem(pendingSchema, one, 'A pending consent'));
}

/** Checked by the schema and returned whole, because the MAC also covers members that a later release has added. */
function wholeRecord<Schemed>(item: Item, check: (item: Item) => Schemed): Schemed {
  check(item);
  const { key: _k, ttlEpochSeconds: _t, ...record } = fromItem(item);
  return record as Schemed;
}
