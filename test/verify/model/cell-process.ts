import {
  CELLS,
  type CellResult,
  checkCell,
  checkWeakening,
  WEAKENINGS,
  type WeakeningResult,
} from './cells.ts';

/** One search to be done: a cell of the real design, or a weakened one, by its place in the list. */
export interface Job {
  readonly kind: 'cell' | 'weakening';
  readonly at: number;
}

export interface JobDone {
  readonly job: Job;
  readonly result: CellResult | WeakeningResult;
  readonly seconds: number;
}

process.on('message', (job: Job) => {
  const startedAtMs = performance.now();
  const result = search(job);
  const seconds = (performance.now() - startedAtMs) / 1_000;
  process.send?.({ job, result, seconds } satisfies JobDone);
});

function search({ kind, at }: Job): CellResult | WeakeningResult {
  const cell = kind === 'cell' ? CELLS[at] : undefined;
  if (cell) return checkCell(cell);
  const weakening = WEAKENINGS[at];
  if (weakening === undefined) throw new Error(`There is no ${kind} ${at}.`);
  return checkWeakening(weakening);
}
