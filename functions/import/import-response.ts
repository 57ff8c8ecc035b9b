import type { ImportLineResponse, ImportResponse } from '../../client/contract.ts';
import type { JsonLine } from '../adapters/http/json-body.ts';
import { isConnectionId } from '../core/connection/connection-id.ts';
import type { LineOutcome } from '../core/import/import-tokens.ts';
import type { TokenImport } from '../core/import/token-import.ts';
import { isoTime } from '../core/moment.ts';

/** @param outcomes of the readable lines, in their order */
export function importResponse(
  lines: readonly JsonLine<TokenImport>[],
  outcomes: readonly LineOutcome[],
  dryRun: boolean,
): ImportResponse {
  const remaining = outcomes.values();
  const results = lines.map((line) => {
    if (line.kind === 'invalid') return badLine(line);
    const { value: outcome } = remaining.next();
    return lineResponse(line.line, line.value.connectionId, outcome ?? { result: 'unavailable' });
  });
  const totals = { imported: 0, replaced: 0, exists: 0, invalid: 0, unavailable: 0 };
  for (const { result } of results) totals[result] += 1;
  return { dryRun, totals, results };
}

function badLine({ line, reason, detail, parsed }: Extract<JsonLine<TokenImport>, { kind: 'invalid' }>) {
  const { connectionId } = (parsed ?? {}) as { readonly connectionId?: unknown };
  // What is no connection id may be anything, also a token in the wrong place.
  const named = isConnectionId(connectionId) ? { connectionId } : {};
  return { line, ...named, result: 'invalid', reason, detail } satisfies ImportLineResponse;
}

function lineResponse(line: number, connectionId: string, outcome: LineOutcome): ImportLineResponse {
  const refreshExpiresAtMs = 'refreshExpiresAtMs' in outcome ? outcome.refreshExpiresAtMs : undefined;
  return {
    line,
    connectionId,
    result: outcome.result,
    ...('reason' in outcome && { reason: outcome.reason }),
    ...(refreshExpiresAtMs !== undefined && { refreshExpiresAt: isoTime(refreshExpiresAtMs) }),
  };
}
