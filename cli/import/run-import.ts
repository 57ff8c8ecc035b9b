import { hash } from 'node:crypto';
import {
  type ImportLineResponse,
  type ImportLineResult,
  type ImportReason,
  type ImportResponse,
  MAX_IMPORT_LINES,
} from '../../client/contract.ts';
import { TemporarilyUnavailableError, VaultUnreachableError } from '../../client/vault-error.ts';
import { isConnectionId } from '../../functions/core/connection/connection-id.ts';

export interface ImportCommandDeps {
  readonly send: (body: string) => Promise<ImportResponse>;
  readonly sleep: (durationMs: number) => Promise<void>;
}

export interface ImportReport {
  readonly lines: number;
  readonly totals: Readonly<Record<ImportLineResult, number>>;
  /** Every line that was not imported, by its number in the file. */
  readonly leftOut: readonly ImportLineResponse[];
}

const TRIES = 4;
const PAUSE_MS = 2_000;

/**
 * Sends a file in batches, without the lines that repeat an earlier one. Lines with an unknown result are sent again a few
 * times. Sending any line again is safe, so the whole import may be repeated after it stopped.
 */
export async function runImport(
  deps: ImportCommandDeps,
  text: string,
  onProgress: (report: ImportReport, ofLines: number) => void,
): Promise<ImportReport> {
  const lines = fileLines(text);
  const { toSend, repeats } = separateRepeats(lines);
  const results = [...repeats];
  for (const batch of importBatches(toSend)) {
    results.push(...(await sendBatch(deps, batch)));
    onProgress(reportOf(results), lines.length);
  }
  return reportOf(results);
}

async function sendBatch(
  deps: ImportCommandDeps,
  batch: ImportBatch,
): Promise<readonly ImportLineResponse[]> {
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

/** No results when the vault is busy (it accepts two requests a second) or out of reach. On the last attempt that is an error. */
async function answered(
  deps: ImportCommandDeps,
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

export interface SortedLines {
  readonly toSend: readonly FileLine[];
  /** Results of the lines that are not sent. */
  readonly repeats: readonly ImportLineResponse[];
}

/**
 * The vault recognizes a repeated token or id within one request only, and one token under two ids would be consumed twice. So
 * the whole file is checked before anything is sent, by the vault's own rule: the first line counts, and a line that does not
 * count reserves neither its id nor its token. The vault refuses what cannot be parsed.
 */
function separateRepeats(lines: readonly FileLine[]): SortedLines {
  const repeatOf = createRepeatFinder();
  const toSend: FileLine[] = [];
  const repeats: ImportLineResponse[] = [];
  for (const line of lines) {
    const repeat = repeatOf(line);
    if (repeat === undefined) toSend.push(line);
    else repeats.push(repeat);
  }
  return { toSend, repeats };
}

/** Remembers digests: the tokens of a large file would need more memory, and stay in it longer than needed. */
function createRepeatFinder(): (line: FileLine) => ImportLineResponse | undefined {
  const idLines = new Map<string, number>();
  const tokenLines = new Map<string, number>();
  return ({ number, text }) => {
    const entry = readEntry(text);
    if (entry === undefined) return undefined;
    const { connectionId, tokenDigest } = entry;
    const idLine = idLines.get(connectionId);
    if (idLine !== undefined) return refused(number, connectionId, 'connection_id_repeated', idLine);
    const tokenLine = tokenLines.get(tokenDigest);
    if (tokenLine !== undefined) return refused(number, connectionId, 'refresh_token_repeated', tokenLine);
    idLines.set(connectionId, number);
    tokenLines.set(tokenDigest, number);
    return undefined;
  };
}

function readEntry(text: string): { connectionId: string; tokenDigest: string } | undefined {
  const { connectionId, refreshToken } = parsed(text);
  if (!isConnectionId(connectionId) || typeof refreshToken !== 'string' || refreshToken === '')
    return undefined;
  return { connectionId, tokenDigest: hash('sha256', refreshToken, 'base64url') };
}

/** The parser's error would quote the line, so it is dropped here. */
function parsed(text: string): { readonly connectionId?: unknown; readonly refreshToken?: unknown } {
  try {
    return JSON.parse(text) ?? {};
  } catch {
    return {};
  }
}

const refused = (
  line: number,
  connectionId: string,
  reason: ImportReason,
  firstLine: number,
): ImportLineResponse => ({
  line,
  connectionId,
  result: 'invalid',
  reason,
  detail: `The first one is in line ${firstLine}.`,
});

/** The lines of one request, and their places in the file. */
export interface ImportBatch {
  readonly body: string;
  /** Line numbers in the file, from 1, in the order of the body. */
  readonly lineNumbers: readonly number[];
}

/** API Gateway and Lambda accept about 6 MB. The vault refuses a line that is too long by itself. */
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

/** One line of the file, with its number there, from 1. */
export interface FileLine {
  readonly number: number;
  readonly text: string;
}

/** The lines that are not empty. */
export function fileLines(text: string): readonly FileLine[] {
  return text
    .split('\n')
    .map((raw, index) => ({ number: index + 1, text: raw.trim() }))
    .filter((line) => line.text !== '');
}
