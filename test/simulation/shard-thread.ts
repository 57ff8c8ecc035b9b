import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { buildSync } from 'esbuild';
import type { ShardOptions, ShardResult } from './shard.ts';
import type { ShardMessage } from './shard-worker.ts';

export interface ShardThreads {
  run(shard: ShardOptions, onDay: (day: number) => void): Promise<ShardResult>;
  /** Removes what was built for them. */
  close(): void;
}

const MEMORY = { maxOldGenerationSizeMb: 3_500, maxYoungGenerationSizeMb: 128 };

/** Threads that run a shard each. Bundled first: Node 20's threads do not take TypeScript. */
export function createShardThreads(): ShardThreads {
  const folder = mkdtempSync(join(tmpdir(), 'simulation-'));
  const outfile = join(folder, 'shard-worker.mjs');
  const entry = fileURLToPath(new URL('./shard-worker.ts', import.meta.url));
  buildSync({
    entryPoints: [entry],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    sourcemap: 'inline',
  });
  return {
    run: (workerData, onDay) =>
      new Promise((resolve, reject) => {
        const worker = new Worker(outfile, { workerData, resourceLimits: MEMORY });
        worker.on('message', (message: ShardMessage) => {
          if (message.kind === 'result') resolve(message.result);
          else onDay(message.day);
        });
        worker.on('error', reject);
        worker.on('exit', (code) => reject(new Error(`A shard ended early, with code ${code}.`)));
      }),
    close: () => rmSync(folder, { recursive: true, force: true }),
  };
}
