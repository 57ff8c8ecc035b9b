import { retryAfterSeconds } from './vault-answer.ts';

/** In all, whatever the reason for the next. */
export const MAX_SENDS = 3;
/** A caller behind a gateway has about half a minute. If an API asks for a longer pause, the caller gets its answer. */
const MAX_TOTAL_PAUSE_MS = 10_000;
const FIRST_PAUSE_MS = 500;
const NOT_IMPLEMENTED = 501;

/** Methods that have the same effect once and twice (RFC 9110 §9.2.2). */
const IDEMPOTENT = /^(GET|HEAD|OPTIONS|PUT|DELETE)$/i;

export function isIdempotent(method: string | undefined): boolean {
  return IDEMPOTENT.test(method ?? 'GET');
}

/**
 * How long to wait before a request is sent again: at least as long as the API asks for. `undefined`: do not.
 * @param sent how often it has been sent
 * @param pausedMs how long this call has waited so far
 * @see https://www.rfc-editor.org/rfc/rfc9110#section-10.2.3
 */
export function pauseBeforeNextMs(
  { status, headers }: Response,
  sent: number,
  pausedMs: number,
  { nowMs, random }: { readonly nowMs: () => number; readonly random: () => number },
): number | undefined {
  const isTemporary = status === 429 || (status >= 500 && status !== NOT_IMPLEMENTED);
  const leftMs = MAX_TOTAL_PAUSE_MS - pausedMs;
  // A date is meant by the clock that wrote it.
  const sentAtMs = Date.parse(headers.get('date') ?? '');
  const asked = retryAfterSeconds(headers.get('retry-after'), Number.isNaN(sentAtMs) ? nowMs() : sentAtMs);
  const leastMs = Math.max((asked ?? 0) * 1000, FIRST_PAUSE_MS * 2 ** (sent - 1));
  if (!isTemporary || sent >= MAX_SENDS || leastMs > leftMs) return undefined;
  // Callers that were refused together do not come back together.
  return Math.min(leastMs * (1 + random() / 4), leftMs);
}
