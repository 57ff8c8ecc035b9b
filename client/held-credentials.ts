import type { AwsCredentials } from './sign-request.ts';

/** So that a request that is signed now is not too late. */
const RENEW_BEFORE_MS = 5 * 60_000;
/** Between two renewals, the first of which failed while the credentials of before are still good. */
const RETRY_AFTER_MS = 5000;

/**
 * Credentials that are asked for when they are first needed, and again before they end: every signature of every service needs
 * them, and a provider may have to ask AWS. Concurrent callers share one request; a failure is not kept. While a renewal fails,
 * the credentials of before serve until their end.
 */
export function createHeldCredentials(
  provide: () => Promise<AwsCredentials>,
  nowMs: () => number,
): () => Promise<AwsCredentials> {
  let held: Promise<AwsCredentials> | undefined;
  let renewAtMs = Number.NEGATIVE_INFINITY;
  let last: AwsCredentials | undefined;

  const renew = async (): Promise<AwsCredentials> => {
    try {
      last = await provide();
      renewAtMs = endMs(last) - RENEW_BEFORE_MS;
      return last;
    } catch (error) {
      const lastEndMs = last === undefined ? Number.NEGATIVE_INFINITY : endMs(last);
      renewAtMs = Math.min(nowMs() + RETRY_AFTER_MS, lastEndMs);
      if (last !== undefined && nowMs() < lastEndMs) return last;
      throw error;
    }
  };

  return () => {
    if (held !== undefined && nowMs() < renewAtMs) return held;
    // Until there is an answer, everybody waits for this one.
    renewAtMs = Number.POSITIVE_INFINITY;
    held = renew();
    return held;
  };
}

function endMs({ expiration }: AwsCredentials): number {
  return expiration === undefined ? Number.POSITIVE_INFINITY : Number(expiration);
}
