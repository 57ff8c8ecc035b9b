import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { buildSync } from 'esbuild';
import type { ShardOptions, ShardResult } from './shard.ts';
import type { ShardMessage } from './shard-worker.ts';

export interface ShardThreads {
  /** Runs the shards, in each thread one after the other. Starts no further one once `mayBegin` returns false. */
  run(
    shards: readonly ShardOptions[],
    onDay: (shard: number, day: number) => void,
    mayBegin?: () => boolean,
  ): Promise<ShardResult[]>;
}

/** Most objects of a run live briefly: in a large nursery (three times a semi-space) they die before they are copied. */
const NURSERY_MB = 384;

/** Threads that run shards. Bundled first: Node 20's threads do not take TypeScript. */
export function createShardThreads(threads: number, maxHeapMbPerThread: number): ShardThreads {
  const resourceLimits = { maxOldGenerationSizeMb: maxHeapMbPerThread, maxYoungGenerationSizeMb: NURSERY_MB };
  return {
    async run(shards, onDay, mayBegin = () => true) {
      const folder = mkdtempSync(join(tmpdir(), 'simulation-'));
      try {
        const outfile = bundled(folder);
        const waiting = [...shards];
        const workers = Array.from({ length: Math.min(threads, shards.length) }, async () => {
          const worker = new Worker(outfile, { resourceLimits });
          const results = await workOff(worker, () => (mayBegin() ? waiting.shift() : undefined), onDay);
          await worker.terminate();
          return results;
        });
        return (await Promise.all(workers)).flat();
      } finally {
        rmSync(folder, { recursive: true, force: true });
      }
    },
  };
}

function bundled(folder: string): string {
  const outfile = join(folder, 'shard-worker.mjs');
  buildSync({
    entryPoints: [fileURLToPath(new URL('./shard-worker.ts', import.meta.url))],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    sourcemap: 'inline',
  });
  return outfile;
}

/** Gives the thread one shard after the other until there is no next one. */
function workOff(
  worker: Worker,
  nextShard: () => ShardOptions | undefined,
  onDay: (shard: number, day: number) => void,
): Promise<ShardResult[]> {
  const results: ShardResult[] = [];
  return new Promise((resolve, reject) => {
    let current: ShardOptions | undefined;
    const next = () => {
      current = nextShard();
      if (current) worker.postMessage(current);
      else resolve(results);
    };
    worker.on('message', (message: ShardMessage) => {
      if (message.kind === 'day') return onDay(current?.shard ?? 0, message.day);
      results.push(message.result);
      next();
    });
    worker.on('error', reject);
    worker.on('exit', (code) => reject(new Error(`A thread ended early, with code ${code}.`)));
    next();
  });
}
