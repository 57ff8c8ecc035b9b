import type { ImportLineResponse, ImportResponse } from '../../client/contract.ts';
import type { HttpHandler } from '../adapters/http/http-event.ts';
import type { JsonLine } from '../adapters/http/json-body.ts';
import { problem } from '../adapters/http/problem.ts';
import { jsonResponse } from '../adapters/http/responses.ts';
import { createRouter } from '../adapters/http/routing.ts';
import { isConnectionId } from '../core/connection/connection-id.ts';
import type { TokenImport } from '../core/import/decide-import.ts';
import type { ImportTokens, LineOutcome } from '../core/import/import-tokens.ts';
import { isoTime } from '../core/moment.ts';
import { readImportRequest } from './import-request.ts';

/** Reserved for the response. */
const ANSWER_MS = 1_000;

/** `POST /imports` */
export function createImportRoute(importTokens: ImportTokens): HttpHandler {
  return createRouter({
    'POST /imports': async (event, context) => {
      const request = readImportRequest(event);
      if (typeof request === 'string') return problem('invalid_request', { detail: request });
      const { dryRun, replace, lines } = request;
      const outcomes = await importTokens({
        lines: lines.flatMap((line) => (line.kind === 'valid' ? [line.value] : [])),
        dryRun,
        replace,
        remainingMs: Math.max(0, context.getRemainingTimeInMillis() - ANSWER_MS),
      });
      return jsonResponse(200, importResponse(lines, outcomes, dryRun));
    },
  });
}

/** @param outcomes of the valid lines, in their order */
function importResponse(
  lines: readonly JsonLine<TokenImport>[],
  outcomes: readonly LineOutcome[],
  dryRun: boolean,
): ImportResponse {
  const remaining = outcomes.values();
  const results = lines.map((line) => {
    if (line.kind === 'invalid') return badLine(line);
    const { value: outcome } = remaining.next();
    return lineResponse(line.line, line.value.connectionId, outcome ?? { outcome: 'unavailable' });
  });
  const totals = { imported: 0, replaced: 0, exists: 0, invalid: 0, unavailable: 0 };
  for (const { result } of results) totals[result] += 1;
  return { dryRun, totals, results };
}

function badLine({ line, reason, detail, parsed }: Extract<JsonLine<TokenImport>, { kind: 'invalid' }>) {
  const { connectionId } = (parsed ?? {}) as { readonly connectionId?: unknown };
  // Text that is not a connection id may be anything, even a token in the wrong member.
  const named = isConnectionId(connectionId) ? { connectionId } : {};
  return { line, ...named, result: 'invalid', reason, detail } satisfies ImportLineResponse;
}

function lineResponse(line: number, connectionId: string, outcome: LineOutcome): ImportLineResponse {
  const refreshExpiresAtMs = 'refreshExpiresAtMs' in outcome ? outcome.refreshExpiresAtMs : undefined;
  return {
    line,
    connectionId,
    result: outcome.outcome,
    ...('reason' in outcome && { reason: outcome.reason }),
    ...(refreshExpiresAtMs !== undefined && { refreshExpiresAt: isoTime(refreshExpiresAtMs) }),
  };
}
