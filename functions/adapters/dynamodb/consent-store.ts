import { pendingEndsAtMs } from '../../core/consent/consent.ts';
import type { ConsentStore, ConsumeResult, PendingConsents } from '../../core/ports/consents.ts';
import type { Clock } from '../../core/ports/platform.ts';
import { outcomeFrom, pendingFrom, sessionFrom } from './consent-item.ts';
import { type EphemeralKey, type EphemeralTable, ephemeralItem, ttlEpochSeconds } from './ephemeral-table.ts';
import { fragment, placeholdersOf, settingEach } from './expressions.ts';

export interface ConsentStoreDeps extends EphemeralTable {
  readonly clock: Pick<Clock, 'nowMs'>;
}

export function createConsentStore(deps: ConsentStoreDeps): ConsentStore {
  const { client, tableName } = deps;
  const get = (key: EphemeralKey) => client.get({ TableName: tableName, Key: { key: { S: key } } });
  const put = (key: EphemeralKey, record: { readonly expiresAtMs: number }) =>
    client.put({ TableName: tableName, Item: ephemeralItem(key, record) });

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
      const write = await client.put({
        TableName: tableName,
        Item: ephemeralItem(`state#${digest}`, { expiresAtMs }),
        ConditionExpression: notThere.text,
        ...placeholdersOf(notThere),
      });
      return write === 'conflict' ? already(await get(`state#${digest}`)) : { result: 'consumed' };
    },

    async recordOutcome(stateDigest, outcome, expiresAtMs) {
      const settings = settingEach({ outcome, expiresAtMs, ttlEpochSeconds: ttlEpochSeconds(expiresAtMs) });
      await client.update({
        TableName: tableName,
        Key: { key: { S: `state#${stateDigest}` } },
        UpdateExpression: settings.text,
        ...placeholdersOf(settings),
      });
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
      await client.update({
        ...keyOf(codeDigest),
        UpdateExpression: settings.text,
        ConditionExpression: thereAndUnredeemed.text,
        ...placeholdersOf(settings, thereAndUnredeemed),
      });
    },
  };
}

const notThere = fragment('attribute_not_exists(#key)');
const thereAndUnredeemed = fragment('attribute_exists(#key) AND attribute_not_exists(#redeemedAtMs)');

function already(item: Parameters<typeof outcomeFrom>[0] | undefined): ConsumeResult {
  const outcome = item === undefined ? undefined : outcomeFrom(item);
  return outcome === undefined ? { result: 'already' } : { result: 'already', outcome };
}
