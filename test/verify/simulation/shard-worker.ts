import { parentPort } from 'node:worker_threads';
import { runShard, type ShardOptions, type ShardResult } from './shard.ts';

/** Shards in a thread of their own, one after the other: days as they pass, and each one's result. */
export type ShardMessage =
  | { readonly kind: 'day'; readonly day: number }
  | { readonly kind: 'result'; readonly result: ShardResult };

function say(message: ShardMessage): void {
  parentPort?.postMessage(message);
}

parentPort?.on('message', (options: ShardOptions) => {
  const result = runShard(options, (day) => say({ kind: 'day', day }));
  // What a shard throws ends the thread, and the run with it.
  void result.then((done) => say({ kind: 'result', result: done }));
});
