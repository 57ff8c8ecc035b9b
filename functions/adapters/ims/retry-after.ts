import { httpDateMs, rfc3339Ms } from '../../core/moment.ts';
import { type AnswerFields, positiveNumber } from './answer-fields.ts';

/** What Adobe's own browser library waits when nothing is said. */
const DEFAULT_MS = 10_000;
const SHORTEST_MS = 1_000;
const LONGEST_MS = 24 * 3_600_000;

/**
 * How long IMS asks us to wait: the header in seconds or as an HTTP date (RFC 9110 §10.2.3), else the body's `retryAfter`
 * in seconds. Undefined when it says nothing readable.
 */
export function readRetryAfterMs(headers: Headers, fields: AnswerFields, nowMs: number): number | undefined {
  const told = headerMs(headers.get('retry-after'), nowMs) ?? secondsToMs(fields.retryAfter);
  return told === undefined ? undefined : Math.min(Math.max(told, SHORTEST_MS), LONGEST_MS);
}

export const withDefaultWait = (retryAfterMs: number | undefined): number => retryAfterMs ?? DEFAULT_MS;

function headerMs(value: string | null, nowMs: number): number | undefined {
  if (value === null) return undefined;
  if (/^\s*\d+\s*$/.test(value)) return Number(value) * 1_000;
  const atMs = httpDateMs(value) ?? rfc3339Ms(value);
  return atMs === undefined ? undefined : Math.max(0, atMs - nowMs);
}

function secondsToMs(value: unknown): number | undefined {
  const seconds = positiveNumber(value);
  return seconds === undefined ? undefined : seconds * 1_000;
}
