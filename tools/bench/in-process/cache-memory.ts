import { randomBytes } from 'node:crypto';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { AccessToken } from '../../../client/access-token.ts';
import { createAccessTokens } from '../../../client/obtain-tokens.ts';
import { createTokenCache } from '../../../client/token-cache.ts';
import { rounded } from '../statistics.ts';

export interface CacheMemory {
  readonly maxEntries: number;
  /** Connections asked for, one after the other, each with a separate token. */
  readonly tokens: number;
  readonly tokenBytes: number;
  /** Heap above the empty cache once it is full, and after all tokens. */
  readonly fullKilobytes: number;
  readonly endKilobytes: number;
}

const MAX_ENTRIES = 1000;
const TOKEN_BYTES = 1200;
const LIFE_MS = 86_400_000;

/** The memory of the client after many connections: its cache and shared requests, without the network. */
export async function measureCacheMemory(tokens: number): Promise<CacheMemory> {
  const cache = createTokenCache({
    maxEntries: MAX_ENTRIES,
    maxAgeMs: 300_000,
    nowMs: Date.now,
    random: Math.random,
  });
  const accessTokens = createAccessTokens({
    cache,
    direct: undefined,
    vault: { obtain: async ({ connectionId }) => freshToken(connectionId) },
  });
  const pass = async (from: number, to: number): Promise<void> => {
    for (let number = from; number < to; number++)
      await accessTokens.get({ connectionId: `acme.user-${number}` }, undefined);
  };
  // Two full caches first, so that one-time compilation and allocation are done.
  await pass(0, 2 * MAX_ENTRIES);
  for (let number = 0; number < 2 * MAX_ENTRIES; number++) cache.forget(`acme.user-${number}`);
  const empty = heapBytes();
  await pass(0, MAX_ENTRIES);
  const full = heapBytes();
  await pass(MAX_ENTRIES, tokens);
  const end = heapBytes();
  return {
    maxEntries: MAX_ENTRIES,
    tokens,
    tokenBytes: TOKEN_BYTES,
    fullKilobytes: rounded((full - empty) / 1024),
    endKilobytes: rounded((end - empty) / 1024),
  };
}

function freshToken(connectionId: string): AccessToken {
  return new AccessToken({
    accessToken: randomBytes(TOKEN_BYTES / 2).toString('hex'),
    connectionId,
    expiresAtMs: Date.now() + LIFE_MS,
    scopes: ['openid', 'offline_access'],
  });
}

/** Heap that remains after a garbage collection. */
function heapBytes(): number {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  collect();
  collect();
  return process.memoryUsage().heapUsed;
}
