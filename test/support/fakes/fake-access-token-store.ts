import type {
  AccessTokenRecord,
  SealedAccessToken,
} from '../../../functions/core/access-tokens/access-token-record.ts';
import type { AccessTokenStore } from '../../../functions/core/ports/access-tokens.ts';
import type { Keeping } from './fake-connection-store.ts';

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

export function createFakeAccessTokenStore({ inPlace }: Keeping = { inPlace: false }): FakeAccessTokenStore {
  const items = new Map<string, StoredAccessToken>();
  const keysOf = new Map<string, Set<string>>();
  const copy: <Value>(value: Value) => Value = inPlace ? (value) => value : structuredClone;
  const put = (key: string, record: AccessTokenRecord, ttlEpochSeconds: number) => {
    const { connectionId } = record;
    keysOf.set(connectionId, (keysOf.get(connectionId) ?? new Set()).add(key));
    items.set(key, { record: copy(record), ttlEpochSeconds });
  };

  return {
    items,
    async read(connectionId, scopeSet) {
      if (!inPlace) await Promise.resolve();
      return copy(items.get(accessTokenKey(connectionId, scopeSet))?.record);
    },

    async list(connectionId) {
      if (!inPlace) await Promise.resolve();
      const stored = [...(keysOf.get(connectionId) ?? [])].flatMap((key) => items.get(key) ?? []);
      return stored.map(({ record }) => copy(record)).sort(byScopeSet);
    },

    async publish(token, ttlEpochSeconds) {
      if (!inPlace) await Promise.resolve();
      const key = accessTokenKey(token.connectionId, token.scopeSet);
      if (isNewerThan(items.get(key)?.record, token)) return 'superseded';
      put(key, token, ttlEpochSeconds);
      return 'published';
    },

    async invalidateOlder(connectionId, scopeSet, generation, ttlEpochSeconds) {
      if (!inPlace) await Promise.resolve();
      const key = accessTokenKey(connectionId, scopeSet);
      const stored = items.get(key)?.record;
      if (stored !== undefined && !givesWayToTombstone(stored, generation)) return { kind: 'superseded' };
      put(key, { kind: 'tombstone', connectionId, scopeSet, generation }, ttlEpochSeconds);
      return stored?.kind === 'token' ? { kind: 'invalidated', replaced: stored } : { kind: 'invalidated' };
    },

    async invalidate(token, ttlEpochSeconds) {
      if (!inPlace) await Promise.resolve();
      const { connectionId, scopeSet, generation } = token;
      const key = accessTokenKey(connectionId, scopeSet);
      if (!isTombstoneOrIssueOf(items.get(key)?.record, token)) return 'superseded';
      put(key, { kind: 'tombstone', connectionId, scopeSet, generation }, ttlEpochSeconds);
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

function byScopeSet(one: AccessTokenRecord, other: AccessTokenRecord) {
  return one.scopeSet < other.scopeSet ? -1 : 1;
}

/** Under which `items` holds a token. */
export function accessTokenKey(connectionId: string, scopeSet: string): string {
  return `${connectionId} ${scopeSet}`;
}

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
