import type { HttpHandler } from '../adapters/http/http-event.ts';
import { problem } from '../adapters/http/problem.ts';
import { jsonResponse } from '../adapters/http/responses.ts';
import { createRouter } from '../adapters/http/routing.ts';
import type { ImportTokens } from '../core/import/import-tokens.ts';
import { readImportRequest } from './import-request.ts';
import { importResponse } from './import-response.ts';

/** Left for answering. */
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
