import type {
  AccessTokenRecord,
  SealedAccessToken,
} from '../../../functions/core/access-tokens/access-token-record.ts';
import type { AccessTokenStore } from '../../../functions/core/ports/access-tokens.ts';

export interface FakeAccessTokenStore extends AccessTokenStore {
  readonly items: ReadonlyMap<string, StoredAccessToken>;
  /** The table is a cache: this loses it. */
  forgetEverything(): void;
  /** What DynamoDB's TTL does some time after the moment. */
  sweep(nowEpochSeconds: number): void;
}

export interface StoredAccessToken {
  readonly record: AccessTokenRecord;
  readonly ttlEpochSeconds: number;
}

export function createFakeAccessTokenStore(): FakeAccessTokenStore {
  const items = new Map<string, StoredAccessToken>();

  return {
    items,
    async read(connectionId, scopeSet) {
      await Promise.resolve();
      return structuredClone(items.get(keyOf(connectionId, scopeSet))?.record);
    },

    async list(connectionId) {
      await Promise.resolve();
      const all = [...items.values()].map(({ record }) => structuredClone(record));
      return all.filter((record) => record.connectionId === connectionId).sort(byScopeSet);
    },

    async publish(token, ttlEpochSeconds) {
      await Promise.resolve();
      const key = keyOf(token.connectionId, token.scopeSet);
      if (isNewerThan(items.get(key)?.record, token)) return 'superseded';
      items.set(key, { record: structuredClone(token), ttlEpochSeconds });
      return 'published';
    },

    async invalidateOlder(connectionId, scopeSet, generation, ttlEpochSeconds) {
      await Promise.resolve();
      const key = keyOf(connectionId, scopeSet);
      const stored = items.get(key)?.record;
      if (stored !== undefined && !givesWayToTombstone(stored, generation)) return { result: 'superseded' };
      items.set(key, { record: { kind: 'tombstone', connectionId, scopeSet, generation }, ttlEpochSeconds });
      return stored?.kind === 'token'
        ? { result: 'invalidated', replaced: stored }
        : { result: 'invalidated' };
    },

    async invalidate(token, ttlEpochSeconds) {
      await Promise.resolve();
      const { connectionId, scopeSet, generation } = token;
      const key = keyOf(connectionId, scopeSet);
      if (!isTombstoneOrIssueOf(items.get(key)?.record, token)) return 'superseded';
      items.set(key, { record: { kind: 'tombstone', connectionId, scopeSet, generation }, ttlEpochSeconds });
      return 'invalidated';
    },

    forgetEverything: () => items.clear(),
    sweep(nowEpochSeconds) {
      for (const [key, { ttlEpochSeconds }] of items) {
        if (ttlEpochSeconds <= nowEpochSeconds) items.delete(key);
      }
    },
  };
}

const byScopeSet = (one: AccessTokenRecord, other: AccessTokenRecord) =>
  one.scopeSet < other.scopeSet ? -1 : 1;

const keyOf = (connectionId: string, scopeSet: string) => `${connectionId} ${scopeSet}`;

function isNewerThan(
  stored: AccessTokenRecord | undefined,
  token: { generation: string; version: number },
): boolean {
  if (stored === undefined) return false;
  if (stored.generation !== token.generation) return stored.generation > token.generation;
  return stored.kind === 'token' && stored.version > token.version;
}

/** A tombstone covers everything older; writing the same one again, after a lost reply, changes nothing. */
function givesWayToTombstone(stored: AccessTokenRecord, generation: string): boolean {
  return stored.generation < generation || (stored.generation === generation && stored.kind === 'tombstone');
}

function isTombstoneOrIssueOf(stored: AccessTokenRecord | undefined, token: SealedAccessToken): boolean {
  if (stored?.generation !== token.generation) return false;
  return (
    stored.kind === 'tombstone' || (stored.issuedAtMs === token.issuedAtMs && stored.digest === token.digest)
  );
}
