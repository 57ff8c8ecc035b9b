import { fork } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import type { Job, JobDone } from './cell-process.ts';
import { CELLS, type CellResult, KINDS, WEAKENINGS, type WeakeningResult } from './cells.ts';
import type { Explored } from './search.ts';

const startedAtMs = performance.now();

/** The large cells first, so that the processes end together. */
const jobs: readonly Job[] = [
  ...[...CELLS.keys()].reverse().map((at) => ({ kind: 'cell', at }) as const),
  ...[...WEAKENINGS.keys()].map((at) => ({ kind: 'weakening', at }) as const),
];
const done = await searchInParallel(jobs, ({ job }) => {
  process.stderr.write(`searched ${job.kind} ${nameOf(job)}\n`);
});

say('The design: states of each kind of cell, and of each provider mode');
for (const kind of KINDS) {
  const ofKind = CELLS.flatMap((cell, at) => (cell.kind === kind ? resultsOf('cell', at) : []));
  const seconds = ofKind.reduce((sum, one) => sum + one.seconds, 0).toFixed(1);
  const states = ofKind.reduce((sum, { result }) => sum + result.states, 0);
  say(`  ${kind.padEnd(33)}${String(states).padStart(8)} states  ${seconds.padStart(5)} s`);
  for (const { job, result } of ofKind) {
    say(`    ${nameOf(job).padEnd(40)}${String(result.states).padStart(8)}  ${result.decision}`);
    sayTrace(result);
  }
}

say('Weakened designs, with the shortest trace of each');
for (const [at, weakening] of WEAKENINGS.entries()) {
  for (const { result } of resultsOf('weakening', at)) {
    say(`  ${result.decision.padEnd(12)}${weakening.name} (${weakening.cell.name})`);
    sayTrace(result);
  }
}

const cells = done.flatMap(({ result }) => (isOfCell(result) ? [result] : []));
const weakened = done.flatMap(({ result }) => (isOfCell(result) ? [] : [result]));
const figures = {
  cells: cells.length,
  states: cells.reduce((sum, { states }) => sum + states, 0),
  violations: cells.filter(({ decision }) => decision === 'VIOLATED').length,
  weakenedCaught: weakened.filter(({ decision }) => decision === 'caught').length,
  weakened: weakened.length,
  honestRemainder: CELLS.filter((_, at) =>
    resultsOf('cell', at).some(({ result }) => result.decision === 'honest remainder'),
  ).map(({ name }) => name),
  seconds: Math.round((performance.now() - startedAtMs) / 100) / 10,
};
say(JSON.stringify(figures));
process.exitCode = figures.violations > 0 || figures.weakenedCaught < figures.weakened ? 1 : 0;

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

function sayTrace({ found }: Explored): void {
  if (found === undefined) return;
  say(`      ${found.what}, after ${found.trace.length} steps:`);
  for (const step of found.trace) say(`        ${step}`);
}

function resultsOf(kind: Job['kind'], at: number): readonly JobDone[] {
  return done.filter(({ job }) => job.kind === kind && job.at === at);
}

function nameOf({ kind, at }: Job): string {
  return (kind === 'cell' ? CELLS[at]?.name : WEAKENINGS[at]?.name) ?? '';
}

function isOfCell(result: CellResult | WeakeningResult): result is CellResult {
  return result.decision !== 'caught' && result.decision !== 'NOT CAUGHT';
}

/** Does all jobs in their order, one per core at a time. Calls back when each is done. */
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
