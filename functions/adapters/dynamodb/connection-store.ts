import * as v from 'valibot';
import type { ConnectionChanges } from '../../core/connection/connection.ts';
import { generationTimeMs, isFarAhead } from '../../core/connection/generation.ts';
import type {
  Claim,
  ConnectionStore,
  ConnectionUpdate,
  Replaced,
  WriteResult,
} from '../../core/ports/connections.ts';
import {
  generationIs,
  leasedBy,
  nextAttemptIs,
  noLeaseLiveAt,
  nothingStored,
  olderThan,
  outboxIs,
  revocationsAre,
  stateIs,
  stateIsOneOf,
  storedIs,
  tokenIsStill,
  tokensAre,
} from './connection-conditions.ts';
import { attributeChanges, connectionFrom, connectionItem } from './connection-item.ts';
import type { ConditionalWrite, DynamoDbClient } from './dynamodb-client.ts';
import { allOf, anyOf, type Fragment, fragment, placeholdersOf, settingEach } from './expressions.ts';
import { text } from './item-fields.ts';
import { readItem } from './malformed-item.ts';

const GENERATION = fragment('#generation');
const generationOnly = v.object({ generation: text });

/** The table Connections: key `connectionId`, indexes `due` and `subject`. */
export interface ConnectionTable {
  readonly client: DynamoDbClient;
  readonly tableName: string;
}

export function createConnectionStore({ client, tableName }: ConnectionTable): ConnectionStore {
  const keyOf = (connectionId: string) => ({
    TableName: tableName,
    Key: { connectionId: { S: connectionId } },
  });
  const update = (connectionId: string, changes: Fragment, condition: Fragment) =>
    client.update({
      ...keyOf(connectionId),
      ...(changes.text === '' ? {} : { UpdateExpression: changes.text }),
      ConditionExpression: condition.text,
      ...placeholdersOf(changes, condition),
    });

  return {
    async read(connectionId) {
      const item = await client.get(keyOf(connectionId));
      return item === undefined ? undefined : connectionFrom(item);
    },

    async readGeneration(connectionId) {
      const item = await client.get({
        ...keyOf(connectionId),
        ProjectionExpression: GENERATION.text,
        ...placeholdersOf(GENERATION),
      });
      return item === undefined ? undefined : readItem(generationOnly, item, 'A generation').generation;
    },

    async claim({ token, lease, changes, ...claim }) {
      const settings = settingsOf(token.connectionId, { ...changes, lease });
      const write = await update(token.connectionId, settings, mayClaim({ token, ...claim }));
      return write === 'conflict' ? 'conflict' : 'claimed';
    },

    async update(wish) {
      const { token, changes } = wish;
      const settings = settingsOf(token.connectionId, changes);
      return resultOf(await update(token.connectionId, settings, mayUpdate(wish)));
    },

    async begin(connection, replacing) {
      const condition = mayBegin(connection.generation, replacing);
      const write = await client.put({
        TableName: tableName,
        Item: connectionItem(connection),
        ConditionExpression: condition.text,
        ...placeholdersOf(condition),
      });
      return resultOf(write);
    },

    async remove(connectionId, generation) {
      const condition = allOf(generationIs(generation), stateIs('disconnected'));
      const write = await client.delete({
        ...keyOf(connectionId),
        ConditionExpression: condition.text,
        ...placeholdersOf(condition),
      });
      return resultOf(write);
    },

    clockSkewMs: client.clockSkewMs,
  };
}

function settingsOf(connectionId: string, changes: ConnectionChanges): Fragment {
  return settingEach(attributeChanges(connectionId, changes), { outbox: changes.newEvents ?? [] });
}

function mayBegin(generation: string, replacing: Replaced | undefined): Fragment {
  const isNewer = anyOf(nothingStored, olderThan(generation));
  if (replacing === undefined) return isNewer;
  if (replacing !== 'nothing' && isFarAhead(replacing.generation, generationTimeMs(generation))) {
    return storedIs(replacing);
  }
  return allOf(storedIs(replacing), isNewer);
}

function mayClaim({ token, states, nowMs, leaseMarginMs }: Omit<Claim, 'lease' | 'changes'>): Fragment {
  return allOf(
    tokenIsStill(token),
    stateIsOneOf(states),
    nextAttemptIs(token.nextAttemptAtMs),
    revocationsAre(token.revocations.length),
    noLeaseLiveAt(nowMs, leaseMarginMs),
  );
}

function mayUpdate(update: ConnectionUpdate): Fragment {
  const { token, onlyIfLeasedBy, onlyIfState, onlyIfOutboxIs, onlyIfRevocationsAre } = update;
  const { onlyIfNextAttemptIs, onlyIfTokensAre } = update;
  return allOf(
    tokenIsStill(token),
    ...(onlyIfLeasedBy === undefined ? [] : [leasedBy(onlyIfLeasedBy)]),
    ...(onlyIfState === undefined ? [] : [stateIs(onlyIfState)]),
    ...(onlyIfOutboxIs === undefined ? [] : [outboxIs(onlyIfOutboxIs)]),
    ...(onlyIfRevocationsAre === undefined ? [] : [revocationsAre(onlyIfRevocationsAre)]),
    ...(onlyIfNextAttemptIs === undefined ? [] : [nextAttemptIs(onlyIfNextAttemptIs ?? undefined)]),
    ...(onlyIfTokensAre === undefined ? [] : [tokensAre(onlyIfTokensAre)]),
  );
}

function resultOf(write: ConditionalWrite): WriteResult {
  return write === 'conflict' ? 'conflict' : 'written';
}
