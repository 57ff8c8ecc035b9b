import * as v from 'valibot';
import type {
  AccessTokenRecord,
  AccessTokenTombstone,
  CachedAccessToken,
  SealedAccessToken,
} from '../../core/access-tokens/access-token-record.ts';
import { PlatformError } from '../../core/platform-error.ts';
import type { AccessTokenStore } from '../../core/ports/access-tokens.ts';
import type { DynamoDbClient, Item } from './dynamodb-client.ts';
import { anyOf, type Fragment, fragment, placeholdersOf } from './expressions.ts';
import { bytes, type EveryField, epochMs, readItem, text, texts, toItem, wholeNumber } from './items.ts';

/** The table AccessTokens: key `connectionId` and `scopeSet`, TTL `ttlEpochSeconds`. */
export interface AccessTokenTable {
  readonly client: DynamoDbClient;
  readonly tableName: string;
}

export function createAccessTokenStore({ client, tableName }: AccessTokenTable): AccessTokenStore {
  const put = (record: AccessTokenRecord, ttlEpochSeconds: number, condition: Fragment) =>
    client.put({
      TableName: tableName,
      Item: toItem({ ...record, ttlEpochSeconds }),
      ConditionExpression: condition.text,
      ...placeholdersOf(condition),
      ReturnValues: 'ALL_OLD',
    });

  return {
    async read(connectionId, scopeSet) {
      const Key = { connectionId: { S: connectionId }, scopeSet: { S: scopeSet } };
      const item = await client.get({ TableName: tableName, Key });
      return item === undefined ? undefined : accessTokenFrom(item);
    },

    async list(connectionId) {
      const ofConnection = fragment('#connectionId = :connectionId', { connectionId });
      const cached: CachedAccessToken[] = [];
      let from: Item | undefined;
      do {
        const { Items = [], LastEvaluatedKey } = await client.query({
          TableName: tableName,
          ConsistentRead: true,
          KeyConditionExpression: ofConnection.text,
          ...placeholdersOf(ofConnection),
          ExclusiveStartKey: from,
        });
        cached.push(...Items.map(cachedFrom));
        from = LastEvaluatedKey;
      } while (from !== undefined);
      return cached;
    },

    async publish(token, ttlEpochSeconds) {
      const write = await put(token, ttlEpochSeconds, nothingNewerThan(token));
      return write === 'conflict' ? 'superseded' : 'published';
    },

    async invalidateOlder(connectionId, scopeSet, generation, ttlEpochSeconds) {
      const tombstone = { kind: 'tombstone', connectionId, scopeSet, generation } as const;
      const write = await put(tombstone, ttlEpochSeconds, nothingLivingSince(generation));
      if (write === 'conflict') return { kind: 'superseded' };
      const replaced = write.replaced === undefined ? undefined : tokenFrom(write.replaced);
      return replaced === undefined ? { kind: 'invalidated' } : { kind: 'invalidated', replaced };
    },

    async invalidate(token, ttlEpochSeconds) {
      const { connectionId, scopeSet, generation } = token;
      const tombstone = { kind: 'tombstone', connectionId, scopeSet, generation } as const;
      const write = await put(tombstone, ttlEpochSeconds, stillThisIssueOf(token));
      return write === 'conflict' ? 'superseded' : 'invalidated';
    },
  };
}

const sortKey = v.object({ scopeSet: text });

const nothingStored = fragment('attribute_not_exists(#generation)');
const older = (generation: string) => fragment('#generation < :generation', { generation });

/** A tombstone has no version: it gives way to the tokens of its own generation. */
const nothingNewerThan = ({ generation, version }: SealedAccessToken): Fragment =>
  anyOf(
    nothingStored,
    older(generation),
    fragment('#generation = :generation AND (attribute_not_exists(#version) OR #version <= :version)', {
      generation,
      version,
    }),
  );

/** This very write, repeated after a lost reply. */
const tombstoneOf = (generation: string): Fragment =>
  fragment('#generation = :generation AND #kind = :tombstone', { generation, tombstone: 'tombstone' });

const nothingLivingSince = (generation: string): Fragment =>
  anyOf(nothingStored, older(generation), tombstoneOf(generation));

/** A refresh that brings no new refresh token publishes under the same version: the issue tells the tokens apart. */
const stillThisIssueOf = ({ generation, issuedAtMs, digest }: SealedAccessToken): Fragment =>
  anyOf(
    tombstoneOf(generation),
    fragment('#generation = :generation AND #issuedAtMs = :issuedAtMs AND #digest = :digest', {
      generation,
      issuedAtMs,
      digest,
    }),
  );

function cachedFrom(item: Item): CachedAccessToken {
  const { scopeSet } = readItem(sortKey, item, 'The key of an access token');
  return unlessMalformed(() => accessTokenFrom(item)) ?? { kind: 'unreadable', scopeSet };
}

/** The tombstone is written already: an unreadable token under it has nothing left to hand back. */
function tokenFrom(item: Item): SealedAccessToken | undefined {
  const record = unlessMalformed(() => accessTokenFrom(item));
  return record?.kind === 'token' ? record : undefined;
}

function unlessMalformed(read: () => AccessTokenRecord): AccessTokenRecord | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof PlatformError && error.code === 'ITEM_MALFORMED') return undefined;
    throw error;
  }
}

const tombstone = v.object({
  kind: v.literal('tombstone'),
  connectionId: text,
  scopeSet: text,
  generation: text,
} satisfies EveryField<AccessTokenTombstone>);

export const sealedAccessTokenSchema = v.object({
  kind: v.literal('token'),
  connectionId: text,
  scopeSet: text,
  clientId: text,
  generation: text,
  version: wholeNumber,
  sealed: bytes,
  issuedAtMs: epochMs,
  expiresAtMs: epochMs,
  scopes: texts,
  digest: text,
  rotateAtMs: v.exactOptional(epochMs),
} satisfies EveryField<SealedAccessToken>);

const accessTokenSchema = v.variant('kind', [sealedAccessTokenSchema, tombstone]);

export function accessTokenFrom(item: Item): AccessTokenRecord {
  return readItem(accessTokenSchema, item, 'An access token');
}
