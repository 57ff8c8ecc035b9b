import type { HttpResult } from './http-event.ts';
import { API_HEADERS } from './security-headers.ts';

export function jsonResponse(
  statusCode: number,
  body: object,
  headers: Readonly<Record<string, string>> = {},
): HttpResult {
  return {
    statusCode,
    headers: { ...API_HEADERS, ...headers, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  };
}
