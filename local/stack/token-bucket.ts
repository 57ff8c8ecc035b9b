import type { Throttle } from './load-http-api.ts';

/** API Gateway's own account limits, used where the template sets none. */
const ACCOUNT_RATE_LIMIT = 10_000;
const ACCOUNT_BURST_LIMIT = 5_000;

/** Answers whether one more request may pass. */
export type TokenBucket = (nowMs: number) => boolean;

/** `nowMs` is of a monotonic clock: rates are real, whatever the stack's calendar says. */
export function createTokenBucket({ rateLimit, burstLimit }: Throttle): TokenBucket {
  const rate = rateLimit ?? ACCOUNT_RATE_LIMIT;
  const burst = burstLimit ?? ACCOUNT_BURST_LIMIT;
  let tokens = burst;
  let filledAtMs: number | undefined;
  return (nowMs) => {
    tokens = Math.min(burst, tokens + ((nowMs - (filledAtMs ?? nowMs)) / 1000) * rate);
    filledAtMs = nowMs;
    if (tokens < 1) return false;
    tokens -= 1;
    return true;
  };
}
