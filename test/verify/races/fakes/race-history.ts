import type { Connection } from '../../../../functions/core/connection/connection.ts';
import {
  refreshBinding,
  type SealedRefreshToken,
} from '../../../../functions/core/connection/sealed-token.ts';
import type { TokenAnswer } from '../../../../functions/core/ports/ims.ts';
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
    const invalidated = await invalidateOlder(connectionId, scopeSet, generation, ttlEpochSeconds);
    if (invalidated.kind === 'invalidated') cached.push({ at: tick(), connectionId, scopeSet, generation });
    return invalidated;
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
  /** Refresh tokens that a connection ever had to revoke. */
  readonly toRevoke: ReadonlySet<string>;
  /** Refresh tokens that were a connection's present or previous one. */
  readonly held: ReadonlySet<string>;
}

export async function keptTokens(world: CrashWorld, history: RaceHistory): Promise<KeptTokens> {
  const opened = new Map<Uint8Array | string, string>();
  const anywhere = new Map<string, number>();
  const asPresent = new Map<string, number>();
  const firstOf = new Map<string, string>();
  const toRevoke = new Set<string>();
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
      toRevoke.add(value);
    }
  }
  for (const { at, sealed } of history.parked) keep(at, await open(sealed.connectionId, sealed.token));
  return { anywhere, asPresent, firstOf, toRevoke, held };
}

/** One POST of a refresh token, as seen from both ends of the wire. */
export interface WatchedPost {
  readonly token: string;
  readonly process: string;
  /** The moment, in the order of all that happens. */
  readonly sentAt: number;
  /** What IMS gave for it. */
  successor?: string;
  accessToken?: string;
  /** The process that sent it saw the answer. */
  wasDelivered: boolean;
  /** The process is gone. */
  readonly isSenderGone: () => boolean;
}

export interface PostWatch {
  readonly posts: readonly WatchedPost[];
  /** Tokens that two processes had posted at the same time. */
  readonly rivals: readonly string[];
  send(token: string, process: string, isSenderGone: () => boolean): SentPost;
}

export interface SentPost {
  answered(answer: TokenAnswer): void;
  delivered(): void;
  /** Its sender has given up waiting. */
  givenUp(): void;
}

/** Counts posts from outside the code: a post is under way until its sender has seen the answer, given up, or died. */
export function createPostWatch(tick: () => number): PostWatch {
  const posts: WatchedPost[] = [];
  const rivals: string[] = [];
  const underWay = new Map<WatchedPost, 'sent' | 'answered'>();

  return {
    posts,
    rivals,
    send(token, process, isSenderGone) {
      const post: WatchedPost = { token, process, sentAt: tick(), wasDelivered: false, isSenderGone };
      for (const [other, step] of underWay) {
        const isOver = step === 'answered' && other.isSenderGone();
        if (other.token === token && other.process !== process && !isOver) rivals.push(token);
      }
      posts.push(post);
      underWay.set(post, 'sent');
      return {
        answered(answer) {
          underWay.set(post, 'answered');
          const { refreshToken, accessToken } = tokensIn(answer);
          if (refreshToken !== undefined && refreshToken !== token) post.successor = refreshToken;
          if (accessToken !== undefined) post.accessToken = accessToken;
        },
        delivered() {
          post.wasDelivered = true;
          underWay.delete(post);
        },
        givenUp: () => void underWay.delete(post),
      };
    },
  };
}

function tokensIn(answer: TokenAnswer): { refreshToken?: string; accessToken?: string } {
  if (answer.kind !== 'tokens') return {};
  const { tokens } = answer;
  return {
    ...(tokens.refreshToken && { refreshToken: tokens.refreshToken.reveal() }),
    ...(tokens.accessToken && { accessToken: tokens.accessToken.token.reveal() }),
  };
}

/** Which consent a token goes back to, by the provider's own answers. Named by the consent's first refresh token. */
export interface TokenFamilies {
  of(token: string): string;
  /** When Adobe gave it, in the order of all that happens: a consent is under way from then on. */
  bornAt(root: string): number | undefined;
  /** The authorization code that was exchanged for it. */
  codeOf(root: string): string | undefined;
}

export function watchFamilies({ ims }: CrashWorld, tick: () => number): TokenFamilies {
  const roots = new Map<string, string>();
  const births = new Map<string, { readonly at: number; readonly code: string }>();
  const of = (token: string) => roots.get(token) ?? token;
  const note = (answer: TokenAnswer, parent: string | undefined, code = '') => {
    if (answer.kind !== 'tokens') return;
    const { refreshToken, accessToken } = answer.tokens;
    const root = parent ?? refreshToken?.reveal();
    if (root === undefined) return;
    if (parent === undefined) births.set(root, { at: tick(), code });
    if (refreshToken) roots.set(refreshToken.reveal(), root);
    if (accessToken) roots.set(accessToken.token.reveal(), root);
  };
  const { exchangeCode, refresh } = ims;
  ims.exchangeCode = async (exchange) => {
    const answer = await exchangeCode(exchange);
    note(answer, undefined, exchange.code.reveal());
    return answer;
  };
  ims.refresh = async (posted) => {
    const answer = await refresh(posted);
    note(answer, of(posted.refreshToken.reveal()));
    return answer;
  };
  return { of, bornAt: (root) => births.get(root)?.at, codeOf: (root) => births.get(root)?.code };
}
