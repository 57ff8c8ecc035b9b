import type { Connection } from '../../../../functions/core/connection/connection.ts';
import {
  refreshBinding,
  type SealedRefreshToken,
} from '../../../../functions/core/connection/sealed-token.ts';
import type { CrashWorld } from '../../faults/crash-world.ts';

/** What was stored of a connection, and when in the order of all that happens. */
export interface StoredOnce {
  readonly at: number;
  readonly connection: Connection;
}

export interface RaceHistory {
  readonly stored: readonly StoredOnce[];
  /** The moment of every successor that was parked. */
  readonly parked: readonly { readonly at: number; readonly sealed: SealedPlace }[];
  /** Every access token or tombstone that was put into the cache. */
  readonly cached: readonly CachedOnce[];
}

interface CachedOnce {
  readonly at: number;
  readonly scopeSet: string;
  readonly connectionId: string;
  readonly generation: string;
  /** Absent for a tombstone. */
  readonly version?: number;
  /** The tombstone of a token that was ended alone: the next one of its generation takes its place. */
  readonly invalidated?: string;
}

interface SealedPlace {
  readonly connectionId: string;
  readonly token: SealedRefreshToken;
}

/** Notes every write of a connection and every parked successor. */
export function watchHistory(world: CrashWorld, tick: () => number): RaceHistory {
  const stored: StoredOnce[] = [];
  const parked: { at: number; sealed: SealedPlace }[] = [];
  const { connections } = world.memory;
  for (const connection of connections.values()) stored.push({ at: tick(), connection });
  const set = connections.set.bind(connections);
  connections.set = (connectionId, connection) => {
    stored.push({ at: tick(), connection });
    return set(connectionId, connection);
  };
  const park = world.parking.park.bind(world.parking);
  world.parking.park = async (successor) => {
    const result = await park(successor);
    if (result === 'occupied') return result;
    const { connectionId, generation, version, sealed } = successor;
    parked.push({
      at: tick(),
      sealed: { connectionId, token: { generation, version: version + 1, sealed } },
    });
    return result;
  };
  return { stored, parked, cached: watchCache(world, tick) };
}

function watchCache({ accessTokens }: CrashWorld, tick: () => number): RaceHistory['cached'] {
  const cached: CachedOnce[] = [];
  const { publish, invalidateOlder, invalidate } = accessTokens;
  accessTokens.publish = async (token, ttlEpochSeconds) => {
    const result = await publish(token, ttlEpochSeconds);
    const { connectionId, scopeSet, generation, version } = token;
    if (result === 'published') cached.push({ at: tick(), connectionId, scopeSet, generation, version });
    return result;
  };
  accessTokens.invalidateOlder = async (connectionId, scopeSet, generation, ttlEpochSeconds) => {
    const buried = await invalidateOlder(connectionId, scopeSet, generation, ttlEpochSeconds);
    if (buried.result === 'invalidated') cached.push({ at: tick(), connectionId, scopeSet, generation });
    return buried;
  };
  accessTokens.invalidate = async (token, ttlEpochSeconds) => {
    const result = await invalidate(token, ttlEpochSeconds);
    const { connectionId, scopeSet, generation, digest } = token;
    if (result === 'invalidated') {
      cached.push({ at: tick(), connectionId, scopeSet, generation, invalidated: digest });
    }
    return result;
  };
  return cached;
}

/** When each refresh token was first kept anywhere, and when as a connection's present token. */
export interface KeptTokens {
  readonly anywhere: ReadonlyMap<string, number>;
  readonly asPresent: ReadonlyMap<string, number>;
  /** The first token of each generation. */
  readonly firstOf: ReadonlyMap<string, string>;
  /** Refresh tokens that a connection ever owed a revocation. */
  readonly owed: ReadonlySet<string>;
  /** Refresh tokens that were a connection's present or previous one. */
  readonly held: ReadonlySet<string>;
}

export async function keptTokens(world: CrashWorld, history: RaceHistory): Promise<KeptTokens> {
  const opened = new Map<Uint8Array | string, string>();
  const anywhere = new Map<string, number>();
  const asPresent = new Map<string, number>();
  const firstOf = new Map<string, string>();
  const owed = new Set<string>();
  const held = new Set<string>();
  const clientId = world.deps.settings.clientId;

  const open = async (connectionId: string, token: SealedRefreshToken): Promise<string> => {
    const key = `${connectionId} ${Buffer.from(token.sealed).toString('latin1')}`;
    const known = opened.get(key);
    if (known !== undefined) return known;
    const binding = refreshBinding({ connectionId, clientId }, token);
    const value = (await world.sealing.opener.open(token.sealed, binding)).reveal();
    opened.set(key, value);
    return value;
  };
  const keep = (at: number, value: string) => {
    anywhere.set(value, Math.min(at, anywhere.get(value) ?? at));
  };

  for (const { at, connection } of history.stored) {
    const { connectionId, refresh, previous, alternate, revocations } = connection;
    if (refresh) {
      const value = await open(connectionId, refresh);
      keep(at, value);
      held.add(value);
      if (!asPresent.has(value)) asPresent.set(value, at);
      if (!firstOf.has(connection.generation)) firstOf.set(connection.generation, value);
    }
    for (const token of [previous, alternate]) {
      if (!token) continue;
      const value = await open(connectionId, token);
      keep(at, value);
      if (token === previous) held.add(value);
    }
    for (const revocation of revocations) {
      if (revocation.kind !== 'refresh') continue;
      const value = await open(connectionId, revocation.token);
      keep(at, value);
      owed.add(value);
    }
  }
  for (const { at, sealed } of history.parked) keep(at, await open(sealed.connectionId, sealed.token));
  return { anywhere, asPresent, firstOf, owed, held };
}
