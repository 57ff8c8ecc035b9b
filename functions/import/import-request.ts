import { MAX_IMPORT_LINES } from '../../client/contract.ts';
import { type HttpEvent, queryParameters } from '../adapters/http/http-event.ts';
import { type JsonLine, readJsonLines } from '../adapters/http/json-body.ts';
import type { ImportOptions } from '../core/import/import-token.ts';
import type { TokenImport } from '../core/import/token-import.ts';
import { importLine, tokenImport } from './import-line.ts';

const MAX_LINE_BYTES = 32_768;
const PARAMETERS = ['dry_run', 'replace'];
const FLAGS = new Map([
  ['true', true],
  ['false', false],
]);

export interface ReadImportRequest extends ImportOptions {
  readonly lines: readonly JsonLine<TokenImport>[];
}

/** The request, or a sentence that says what is wrong with it. */
export function readImportRequest(event: HttpEvent): ReadImportRequest | string {
  const query = queryParameters(event);
  // A misspelt `dry_run` must not import.
  if ([...query.keys()].some((name) => !PARAMETERS.includes(name))) {
    return `The only parameters are ${PARAMETERS.join(' and ')}.`;
  }
  const [dryRun, replace] = PARAMETERS.map((name) => readFlag(query.getAll(name)));
  if (dryRun === undefined || replace === undefined) {
    return `${PARAMETERS.join(' and ')} must be true or false, each once.`;
  }
  const limits = { maxLines: MAX_IMPORT_LINES, maxLineBytes: MAX_LINE_BYTES };
  const body = readJsonLines(event, importLine, limits);
  if (body.kind === 'invalid') return body.detail;
  const lines = body.lines.map((line) =>
    line.kind === 'valid' ? { ...line, value: tokenImport(line.value) } : line,
  );
  return { dryRun, replace, lines };
}

function readFlag([value = 'false', ...repeated]: readonly string[]): boolean | undefined {
  return repeated.length > 0 ? undefined : FLAGS.get(value);
}
