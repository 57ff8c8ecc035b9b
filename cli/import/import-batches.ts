import { MAX_IMPORT_LINES } from '../../client/contract.ts';
import type { FileLine } from './file-lines.ts';

/** Lines that travel together, with where each stood in the file. */
export interface ImportBatch {
  readonly body: string;
  /** Line numbers in the file, from 1, in the order of the body. */
  readonly lineNumbers: readonly number[];
}

/** API Gateway and Lambda take about 6 MB; longer lines are refused one by one, so they only have to get there. */
const MAX_BATCH_BYTES = 4 * 1024 * 1024;

/** Cuts JSON lines into requests. */
export function importBatches(lines: readonly FileLine[]): readonly ImportBatch[] {
  const batches: { lines: string[]; lineNumbers: number[]; bytes: number }[] = [];
  for (const { number, text } of lines) {
    const bytes = Buffer.byteLength(text) + 1;
    let batch = batches.at(-1);
    const isFull =
      batch && (batch.lines.length === MAX_IMPORT_LINES || batch.bytes + bytes > MAX_BATCH_BYTES);
    if (batch === undefined || isFull) {
      batch = { lines: [], lineNumbers: [], bytes: 0 };
      batches.push(batch);
    }
    batch.lines.push(text);
    batch.lineNumbers.push(number);
    batch.bytes += bytes;
  }
  return batches.map((batch) => ({ body: batch.lines.join('\n'), lineNumbers: batch.lineNumbers }));
}
