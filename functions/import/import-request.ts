import * as v from 'valibot';
import { type ImportLineRequest, MAX_IMPORT_LINES } from '../../client/contract.ts';
import { type HttpEvent, queryParameters } from '../adapters/http/http-event.ts';
import { type JsonLine, readJsonLines } from '../adapters/http/json-body.ts';
import { isConnectionId } from '../core/connection/connection-id.ts';
import { isScope } from '../core/consent/transaction.ts';
import { defined } from '../core/defined.ts';
import type { TokenImport } from '../core/import/decide-import.ts';
import type { ImportOptions } from '../core/import/import-token.ts';
import { rfc3339Ms } from '../core/moment.ts';
import { Secret } from '../core/secret.ts';

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
  const body = readJsonLines(event, importLineBody, limits);
  if (body.kind === 'invalid') return body.detail;
  const lines = body.lines.map((line) =>
    line.kind === 'valid' ? { ...line, value: tokenImport(line.value) } : line,
  );
  return { dryRun, replace, lines };
}

function readFlag([value = 'false', ...repeated]: readonly string[]): boolean | undefined {
  return repeated.length > 0 ? undefined : FLAGS.get(value);
}

const MAX_TOKEN_LENGTH = 16_384;
const MAX_SUB_LENGTH = 255;
const MAX_SCOPES = 64;
const MAX_SCOPE_LENGTH = 128;

/** RFC 6749 appendix A.17, without the space: a space at either end is a slip of the export, and no token contains one. */
const REFRESH_TOKEN = /^[\x21-\x7e]+$/;

const text = (max: number) =>
  v.pipe(
    v.string('a string was expected.'),
    v.nonEmpty('must not be empty.'),
    v.maxLength(max, `must not exceed ${max} characters.`),
  );

/** A line of the body. Messages name members, never values. */
const importLineBody = v.strictObject({
  connectionId: v.custom<string>(isConnectionId, 'must match [A-Za-z0-9][A-Za-z0-9._-]{0,127}.'),
  refreshToken: v.pipe(
    text(MAX_TOKEN_LENGTH),
    v.regex(REFRESH_TOKEN, 'must be printable ASCII without blanks.'),
  ),
  clientId: v.exactOptional(text(MAX_SUB_LENGTH)),
  sub: v.exactOptional(text(MAX_SUB_LENGTH)),
  scopes: v.exactOptional(
    v.pipe(
      v.array(
        v.pipe(
          text(MAX_SCOPE_LENGTH),
          v.check((scope) => isScope(scope), 'must be one scope.'),
        ),
        'must be a list.',
      ),
      v.nonEmpty('must not be empty.'),
      v.maxLength(MAX_SCOPES, `must not name more than ${MAX_SCOPES} scopes.`),
    ),
  ),
  refreshExpiresAt: v.exactOptional(
    v.pipe(
      v.string('a string was expected.'),
      // Half an offset, read as no time at all, would call a live token expired.
      v.check(
        (time) => rfc3339Ms(time) !== undefined,
        'must be a time like 2026-12-04T09:30:00Z or 2026-12-04T09:30:00+05:30.',
      ),
    ),
  ),
}) satisfies v.GenericSchema<ImportLineRequest>;

function tokenImport(line: v.InferOutput<typeof importLineBody>): TokenImport {
  const { connectionId, refreshToken, clientId, sub, scopes, refreshExpiresAt = '' } = line;
  const refreshExpiresAtMs = rfc3339Ms(refreshExpiresAt);
  return {
    connectionId,
    refreshToken: new Secret(refreshToken),
    ...defined({ clientId, subject: sub, scopes, refreshExpiresAtMs }),
  };
}
