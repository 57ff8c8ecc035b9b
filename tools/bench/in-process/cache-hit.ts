import { type AccessToken, createTokenClient } from '../../../client/index.ts';
import { inRounds, rounded, type Spread, spreadOf } from '../statistics.ts';

export interface CacheHit {
  /** Nanoseconds of processor time per call, each over all connections in turn. */
  readonly client: Spread;
  readonly awaitedMap: Spread;
  readonly map: Spread;
  readonly timesAwaitedMap: number;
}

const CONNECTIONS = 500;

/** `getAccessToken` of a connection in memory, compared with the least that any asynchronous cache could cost. */
export async function measureCacheHit({
  rounds,
  calls,
}: {
  rounds: number;
  calls: number;
}): Promise<CacheHit> {
  const ids = Array.from({ length: CONNECTIONS }, (_, number) => `acme.user-${number}`);
  const client = createTokenClient({
    url: 'https://vault.example.com',
    region: 'eu-west-1',
    credentials: { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'example' },
    directRead: false,
    maxCacheSeconds: 86_400,
    fetch: async (url) => vend(String(url)),
  });
  const map = new Map<string, AccessToken>();
  for (const id of ids) map.set(id, await client.getAccessToken(id));
  const idAt = (call: number): string => ids[call % CONNECTIONS] ?? '';
  const lookUp = async (id: string) => map.get(id);
  let found = 0;

  const figures = await inRounds(rounds, {
    client: () =>
      nanosPerCall(calls, async () => {
        for (let call = 0; call < calls; call++)
          found += (await client.getAccessToken(idAt(call))).expiresAtMs > 0 ? 1 : 0;
      }),
    awaitedMap: () =>
      nanosPerCall(calls, async () => {
        for (let call = 0; call < calls; call++) found += (await lookUp(idAt(call))) === undefined ? 0 : 1;
      }),
    map: () =>
      nanosPerCall(calls, async () => {
        for (let call = 0; call < calls; call++) found += map.get(idAt(call)) === undefined ? 0 : 1;
      }),
  });
  if (found !== 3 * (rounds + 1) * calls) throw new Error('Not every call found its token.');
  const [own, awaitedMap] = [spreadOf(figures.client), spreadOf(figures.awaitedMap)];
  return {
    client: own,
    awaitedMap,
    map: spreadOf(figures.map),
    timesAwaitedMap: rounded(own.median / awaitedMap.median),
  };
}

/** Processor time: other work on the machine does not count. */
async function nanosPerCall(calls: number, run: () => Promise<void>): Promise<number> {
  const before = process.cpuUsage();
  await run();
  const { user, system } = process.cpuUsage(before);
  return ((user + system) * 1000) / calls;
}

function vend(url: string): Response {
  return Response.json({
    accessToken: 'x'.repeat(1200),
    tokenType: 'Bearer',
    expiresAt: new Date(Date.now() + 86_400_000).toISOString(),
    expiresInSeconds: 86_400,
    scopes: ['openid'],
    connectionId: new URL(url).pathname.split('/').at(-1),
  });
}
