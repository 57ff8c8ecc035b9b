import { CONNECTION_CODE_LIFE_MS, TRANSACTION_LIFE_MS } from '../consent/transaction.ts';
import { SECOND_MS } from '../time-units.ts';
import type { Connection, ConsentUnderWay } from './connection.ts';

/** The longest that a revocation waits for a consent: a transaction, and the code that it may end with. */
const LONGEST_WAIT_MS = TRANSACTION_LIFE_MS + CONNECTION_CODE_LIFE_MS;
/** A mark is this much shorter, so that a reader whose clock is behind does not take it for a misreading. */
const CLOCKS_DIFFER_MS = 30 * SECOND_MS;

type Marked = Pick<Connection, 'consentUnderWay'>;

/** The mark of one more consent. If another one is under way, the redeem of either must not end the mark of both. */
export function marking(stored: Marked, codeDigest: string, nowMs: number): ConsentUnderWay {
  const untilMs = nowMs + LONGEST_WAIT_MS - CLOCKS_DIFFER_MS;
  const isAlone = consentEndsAtMs(stored, nowMs) === undefined || isMarkOf(stored, codeDigest);
  return isAlone ? { codeDigest, untilMs } : { untilMs };
}

/** Until when a revocation has to wait. A moment beyond the longest wait is a misreading, and nothing waits for it. */
export function consentEndsAtMs({ consentUnderWay }: Marked, nowMs: number): number | undefined {
  const untilMs = consentUnderWay?.untilMs;
  return untilMs !== undefined && nowMs < untilMs && untilMs <= nowMs + LONGEST_WAIT_MS ? untilMs : undefined;
}

export function isMarkOf({ consentUnderWay }: Marked, codeDigest: string): boolean {
  return consentUnderWay?.codeDigest === codeDigest;
}
