import { parentPort, workerData } from 'node:worker_threads';
import { runShard, type ShardOptions } from './shard.ts';

/** One shard in a thread of its own: days as they pass, and the result at the end. */
export type ShardMessage =
  | { readonly kind: 'day'; readonly day: number }
  | { readonly kind: 'result'; readonly result: Awaited<ReturnType<typeof runShard>> };

const say = (message: ShardMessage): void => parentPort?.postMessage(message);

const result = await runShard(workerData as ShardOptions, (day) => say({ kind: 'day', day }));
say({ kind: 'result', result });
