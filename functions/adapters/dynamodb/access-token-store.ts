import * as v from 'valibot';
import type {
  AccessTokenRecord,
  AccessTokenTombstone,
  CachedAccessToken,
  SealedAccessToken,
} from '../../core/access-tokens/access-token-record.ts';
import { PlatformError } from '../../core/platform-error.ts';
import type { AccessTokenStore } from '../../core/ports/access-tokens.ts';
import type { DynamoDbClient, Item, Repetition } from './dynamodb-client.ts';
import { anyOf, type Fragment, fragment, placeholdersOf } from './expressions.ts';
import { bytes, type EveryField, epochMs, readItem, text, texts, toItem, wholeNumber } from './items.ts';

/** The table AccessTokens: key `connectionId` and `scopeSet`, TTL `ttlEpochSeconds`. */
export interface AccessTokenTable {
  readonly client: DynamoDbClient;
  readonly tableName: string;
}

export function createAccessTokenStore({ client, tableName }: AccessTokenTable): AccessTokenStore {
  const put = (
    record: AccessTokenRecord,
    ttlEpochSeconds: number,
    condition: Fragment,
    repetition?: Repetition,
  ) =>
    client.put(
      {
        TableName: tableName,
        Item: toItem({ ...record, ttlEpochSeconds }),
        ConditionExpression: condition.text,
        ...placeholdersOf(condition),
        ReturnValues: 'ALL_OLD',
      },
      repetition,
    );
  /** By a query: not every function that publishes may get an item. */
  const stored = async ({ connectionId, scopeSet }: SealedAccessToken) => {
    const key = fragment('#connectionId = :connectionId AND #scopeSet = :scopeSet', {
      connectionId,
      scopeSet,
    });
    const { Items = [] } = await client.query({
      TableName: tableName,
      ConsistentRead: true,
      KeyConditionExpression: key.text,
      ...placeholdersOf(key),
    });
    return Items[0] === undefined ? undefined : accessTokenFrom(Items[0]);
  };
  /**
   * An invalidation may have come in between, and its tombstone gives way to a token of its generation. So the token is sent
   * again only over what was read, and never over a tombstone or another issue of its own generation and version.
   */
  const publishAgain = async (token: SealedAccessToken, ttlEpochSeconds: number) => {
    const found = await stored(token);
    if (found !== undefined && isSameIssue(found, token)) return {};
    if (found !== undefined && isNewer(found, token)) return 'conflict';
    if (found !== undefined && !isOlder(found, token)) return 'unknown';
    const write = await put(token, ttlEpochSeconds, found === undefined ? nothingStored : stillAsRead(found));
    return write === 'conflict' ? 'unknown' : write;
  };

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
      const instead = () => publishAgain(token, ttlEpochSeconds);
      const write = await put(token, ttlEpochSeconds, nothingNewerThan(token), { instead });
      return write === 'conflict' ? 'superseded' : 'published';
    },

    async invalidateOlder(connectionId, scopeSet, generation, ttlEpochSeconds) {
      const tombstone = { kind: 'tombstone', connectionId, scopeSet, generation } as const;
      const write = await put(tombstone, ttlEpochSeconds, nothingLivingSince(generation), 'idempotent');
      if (write === 'conflict') return { kind: 'superseded' };
      const replaced = write.replaced === undefined ? undefined : tokenFrom(write.replaced);
      return replaced === undefined ? { kind: 'invalidated' } : { kind: 'invalidated', replaced };
    },

    async invalidate(token, ttlEpochSeconds) {
      const { connectionId, scopeSet, generation } = token;
      const tombstone = { kind: 'tombstone', connectionId, scopeSet, generation } as const;
      const write = await put(tombstone, ttlEpochSeconds, stillThisIssueOf(token), 'idempotent');
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

function isSameIssue(stored: AccessTokenRecord, token: SealedAccessToken): boolean {
  if (stored.kind !== 'token') return false;
  const { generation, version, issuedAtMs, digest } = token;
  return (
    stored.generation === generation &&
    stored.version === version &&
    stored.issuedAtMs === issuedAtMs &&
    stored.digest === digest
  );
}

function isOlder(stored: AccessTokenRecord, { generation, version }: SealedAccessToken): boolean {
  if (stored.generation !== generation) return stored.generation < generation;
  return stored.kind === 'token' && stored.version < version;
}

function isNewer(stored: AccessTokenRecord, { generation, version }: SealedAccessToken): boolean {
  if (stored.generation !== generation) return stored.generation > generation;
  return stored.kind === 'token' && stored.version > version;
}

const stillAsRead = (stored: AccessTokenRecord): Fragment =>
  stored.kind === 'tombstone'
    ? tombstoneOf(stored.generation)
    : fragment('#generation = :generation AND #version = :version AND #digest = :digest', {
        generation: stored.generation,
        version: stored.version,
        digest: stored.digest,
      });

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
