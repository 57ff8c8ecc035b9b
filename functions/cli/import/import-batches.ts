import { MAX_IMPORT_LINES } from '../../client/contract.ts';

/** Lines that travel together, with where each stood in the file. */
export interface ImportBatch {
  readonly body: string;
  /** Line numbers in the file, from 1, in the order of the body. */
  readonly lineNumbers: readonly number[];
}

/** API Gateway and Lambda take about 6 MB; longer lines are refused one by one, so they only have to get there. */
const MAX_BATCH_BYTES = 4 * 1024 * 1024;

/** Cuts JSON lines into requests. Empty lines are left out. */
export function importBatches(text: string): readonly ImportBatch[] {
  const batches: { lines: string[]; lineNumbers: number[]; bytes: number }[] = [];
  for (const [index, raw] of text.split('\n').entries()) {
    const line = raw.trim();
    if (line === '') continue;
    const bytes = Buffer.byteLength(line) + 1;
    let batch = batches.at(-1);
    const isFull =
      batch && (batch.lines.length === MAX_IMPORT_LINES || batch.bytes + bytes > MAX_BATCH_BYTES);
    if (batch === undefined || isFull) {
      batch = { lines: [], lineNumbers: [], bytes: 0 };
      batches.push(batch);
    }
    batch.lines.push(line);
    batch.lineNumbers.push(index + 1);
    batch.bytes += bytes;
  }
  return batches.map(({ lines, lineNumbers }) => ({ body: lines.join('\n'), lineNumbers }));
}
