import type { ImportLineResponse, ImportLineResult, ImportResponse } from '../../client/contract.ts';
import { TemporarilyUnavailableError, VaultUnreachableError } from '../../client/vault-error.ts';
import { fileLines } from './file-lines.ts';
import { type ImportBatch, importBatches } from './import-batches.ts';
import { setRepeatsAside } from './set-repeats-aside.ts';

export interface ImportDeps {
  readonly send: (body: string) => Promise<ImportResponse>;
  readonly sleep: (durationMs: number) => Promise<void>;
}

export interface ImportReport {
  readonly lines: number;
  readonly totals: Readonly<Record<ImportLineResult, number>>;
  /** Every line that was not taken over, by its number in the file. */
  readonly leftOut: readonly ImportLineResponse[];
}

const TRIES = 4;
const PAUSE_MS = 2_000;

/**
 * Sends a file in batches, without the lines that repeat an earlier one. Lines of which nothing is known are sent again a few times; sending any line again is safe, so
 * the whole may be repeated after it broke off.
 */
export async function runImport(
  deps: ImportDeps,
  text: string,
  onProgress: (report: ImportReport, ofLines: number) => void,
): Promise<ImportReport> {
  const lines = fileLines(text);
  const { toSend, repeats } = setRepeatsAside(lines);
  const results = [...repeats];
  for (const batch of importBatches(toSend)) {
    results.push(...(await sendBatch(deps, batch)));
    onProgress(reportOf(results), lines.length);
  }
  return reportOf(results);
}

async function sendBatch(deps: ImportDeps, batch: ImportBatch): Promise<readonly ImportLineResponse[]> {
  const lines = batch.body.split('\n');
  const settled = new Map<number, ImportLineResponse>();
  let open = batch.lineNumbers.map((_, index) => index);
  for (let attempt = 1; open.length > 0 && attempt <= TRIES; attempt += 1) {
    if (attempt > 1) await deps.sleep(PAUSE_MS * attempt);
    const results = await answered(deps, open.map((index) => lines[index]).join('\n'), attempt);
    for (const result of results) {
      const index = open[result.line - 1];
      if (index !== undefined) settled.set(index, { ...result, line: batch.lineNumbers[index] ?? 0 });
    }
    open = open.filter((index) => (settled.get(index)?.result ?? 'unavailable') === 'unavailable');
  }
  return batch.lineNumbers.map((line, index) => settled.get(index) ?? { line, result: 'unavailable' });
}

/** A vault that is busy (two requests a second are let in) or out of reach knows nothing of the lines; at last that is an error. */
async function answered(
  deps: ImportDeps,
  body: string,
  attempt: number,
): Promise<readonly ImportLineResponse[]> {
  try {
    return (await deps.send(body)).results;
  } catch (error) {
    const mayPass = error instanceof TemporarilyUnavailableError || error instanceof VaultUnreachableError;
    if (!mayPass || attempt === TRIES) throw error;
    return [];
  }
}

function reportOf(results: readonly ImportLineResponse[]): ImportReport {
  const totals = { imported: 0, replaced: 0, exists: 0, invalid: 0, unavailable: 0 };
  for (const { result } of results) totals[result] += 1;
  const leftOut = results
    .filter(({ result }) => result !== 'imported' && result !== 'replaced')
    .sort((one, other) => one.line - other.line);
  return { lines: results.length, totals, leftOut };
}
