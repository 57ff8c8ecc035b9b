import type { AccessTokenRecord } from '../../../../functions/core/access-tokens/access-token-record.ts';
import type { AccessTokenStore } from '../../../../functions/core/ports/access-tokens.ts';
import type { DynamoDbCounts } from '../counters.ts';
import { accessTokenBytes, readUnits, writeUnits } from './item-size.ts';

/** The table AccessTokens: nothing is copied, because nothing is changed in place. */
export function createAccessTokenTable(counts: DynamoDbCounts): AccessTokenStore {
  const items = new Map<string, AccessTokenRecord>();
  const keys = new Map<string, Set<string>>();
  const store = (key: string, record: AccessTokenRecord) => {
    items.set(key, record);
    const known = keys.get(record.connectionId) ?? new Set<string>();
    keys.set(record.connectionId, known.add(key));
  };
  const charge = (record: AccessTokenRecord) => {
    counts.writes += 1;
    counts.writeUnits += writeUnits(accessTokenBytes(record));
  };

  return {
    async read(connectionId, scopeSet) {
      const record = items.get(keyOf(connectionId, scopeSet));
      counts.reads += 1;
      counts.readUnits += record === undefined ? 1 : readUnits(accessTokenBytes(record));
      return record;
    },

    async list(connectionId) {
      const records = [...(keys.get(connectionId) ?? [])].flatMap((key) => items.get(key) ?? []);
      counts.reads += 1;
      counts.readUnits += readUnits(records.reduce((bytes, record) => bytes + accessTokenBytes(record), 0));
      return records;
    },

    async publish(token) {
      const key = keyOf(token.connectionId, token.scopeSet);
      charge(token);
      if (isNewer(items.get(key), token)) return 'superseded';
      store(key, token);
      return 'published';
    },

    async invalidateOlder(connectionId, scopeSet, generation) {
      const key = keyOf(connectionId, scopeSet);
      const record = items.get(key);
      const tombstone = { kind: 'tombstone', connectionId, scopeSet, generation } as const;
      charge(record ?? tombstone);
      const gives =
        record === undefined ||
        record.generation < generation ||
        (record.generation === generation && record.kind === 'tombstone');
      if (!gives) return { result: 'superseded' };
      store(key, tombstone);
      return record?.kind === 'token'
        ? { result: 'invalidated', replaced: record }
        : { result: 'invalidated' };
    },

    async invalidate(token) {
      const { connectionId, scopeSet, generation, issuedAtMs, digest } = token;
      const key = keyOf(connectionId, scopeSet);
      const record = items.get(key);
      charge(record ?? token);
      const same =
        record?.generation === generation &&
        (record.kind === 'tombstone' || (record.issuedAtMs === issuedAtMs && record.digest === digest));
      if (!same) return 'superseded';
      store(key, { kind: 'tombstone', connectionId, scopeSet, generation });
      return 'invalidated';
    },
  };
}

const keyOf = (connectionId: string, scopeSet: string): string =>
  scopeSet === '*' ? connectionId : `${connectionId} ${scopeSet}`;

function isNewer(
  stored: AccessTokenRecord | undefined,
  { generation, version }: { readonly generation: string; readonly version: number },
): boolean {
  if (stored === undefined) return false;
  if (stored.generation !== generation) return stored.generation > generation;
  return stored.kind === 'token' && stored.version > version;
}
