import type { RotateOutcome } from '../rotation/rotate-request.ts';
import type { VendFailure } from './vend-result.ts';

/** What a vend does about an outcome that left no usable token behind. */
export type Decision =
  | { readonly kind: 'look-again'; readonly askAgainAfterMs: number }
  | { readonly kind: 'failed'; readonly failure: VendFailure };

/** A token that was just rotated is published moments later; longer than this and something went wrong. */
const SHORTLY_MS = 1000;
/** A parked successor is recovered by a schedule that fires every minute. */
const PARKED_RETRY_MS = 60_000;
/** A fault of ours that somebody has to fix. */
const DEGRADED_RETRY_MS = 300_000;

const lookAgain = (askAgainAfterMs: number): Decision => ({ kind: 'look-again', askAgainAfterMs });
const failed = (failure: VendFailure): Decision => ({ kind: 'failed', failure });
const unavailable = (reason: string, retryAfterMs: number): Decision =>
  failed({ result: 'unavailable', reason, retryAfterMs });

export function decisionOf(outcome: RotateOutcome | 'still-running'): Decision {
  if (outcome === 'still-running') return lookAgain(Number.POSITIVE_INFINITY);
  switch (outcome.outcome) {
    case 'rotated':
    case 'already-fresh':
    case 'recovered':
    case 'superseded':
    case 'idle':
    case 'access-tokens-revoked':
      return lookAgain(SHORTLY_MS);
    case 'busy':
      return lookAgain(Math.max(SHORTLY_MS, outcome.retryAfterMs));
    case 'waiting':
      return unavailable(outcome.reason, outcome.retryAfterMs);
    case 'unknown':
    case 'suspect':
      return unavailable(outcome.outcome, outcome.retryAfterMs);
    case 'degraded':
      return unavailable('degraded', DEGRADED_RETRY_MS);
    case 'scopes-refused':
      // RFC 6749 §6: a refresh may not ask for a scope that was not granted.
      return outcome.code === 'invalid_scope'
        ? failed({ result: 'scopes-not-granted', retryAfterMs: outcome.retryAfterMs })
        : unavailable('scopes-refused', outcome.retryAfterMs);
    case 'parked':
      return unavailable('parked', PARKED_RETRY_MS);
    case 'not-renewable':
    case 'not-found':
    case 'reauthorization-required':
      return failed({ result: outcome.outcome });
    case 'user-action-required':
      return failed({
        result: 'user-action-required',
        ...(outcome.jumpUrl !== undefined && { jumpUrl: outcome.jumpUrl }),
      });
    case 'disconnecting':
    case 'disconnected':
      return failed({ result: 'not-found' });
  }
}
