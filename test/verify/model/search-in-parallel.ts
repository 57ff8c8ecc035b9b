import { fork } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import type { Job, JobDone } from './cell-process.ts';

/** Does all jobs, one per core at a time, in their order; tells of each as it is done. */
export async function searchInParallel(
  jobs: readonly Job[],
  onDone: (done: JobDone) => void,
): Promise<readonly JobDone[]> {
  const waiting = [...jobs];
  const all: JobDone[] = [];
  const work = () =>
    workOff(waiting, (done) => {
      all.push(done);
      onDone(done);
    });
  await Promise.all(Array.from({ length: Math.min(availableParallelism(), jobs.length) }, work));
  return all;
}

/** One process, which takes a new job whenever it is done with one. It runs under the same loader as this one. */
function workOff(waiting: Job[], onDone: (done: JobDone) => void): Promise<void> {
  const searcher = fork(fileURLToPath(new URL('./cell-process.ts', import.meta.url)));
  return new Promise<void>((resolve, reject) => {
    const next = () => {
      const job = waiting.shift();
      if (job === undefined) resolve();
      else searcher.send(job);
    };
    searcher.on('error', reject);
    searcher.on('exit', (code) => reject(new Error(`A search ended early, with ${code}.`)));
    searcher.on('message', (done: JobDone) => {
      onDone(done);
      next();
    });
    next();
  }).finally(() => searcher.kill());
}
