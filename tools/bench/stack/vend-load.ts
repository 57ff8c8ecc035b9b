import { rounded } from '../statistics.ts';
import type { BenchWorld } from './bench-world.ts';

export interface VendLoad {
  readonly way: 'direct' | 'https';
  readonly callers: number;
  readonly vendsPerSecond: number;
  readonly errors: number;
}

/** Callers that ask again as soon as they are answered, each with a separate client without a cache. */
export async function measureVendLoad(
  { reader }: BenchWorld,
  connectionId: string,
  { callers, vends }: { callers: readonly number[]; vends: number },
): Promise<VendLoad[]> {
  const loads: VendLoad[] = [];
  for (const way of ['direct', 'https'] as const) {
    for (const count of callers) {
      let errors = 0;
      let left = vends;
      const work = async (): Promise<void> => {
        const client = reader.newClient(way, 0);
        while (left > 0) {
          left -= 1;
          await client.getAccessToken(connectionId).catch(() => {
            errors += 1;
          });
        }
      };
      const crowd = () => Promise.all(Array.from({ length: count }, work));
      left = Math.ceil(vends / 4);
      await crowd();
      left = vends;
      const startedAtMs = performance.now();
      await crowd();
      const seconds = (performance.now() - startedAtMs) / 1000;
      loads.push({ way, callers: count, vendsPerSecond: rounded(vends / seconds), errors });
    }
  }
  return loads;
}
