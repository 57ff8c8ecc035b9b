import type { AwsCredentials } from './sign-request.ts';

/** So that a request that is signed now is not too late. */
const RENEW_BEFORE_MS = 5 * 60_000;

/**
 * Credentials that are asked for when they are first needed, and again before they end: every signature of every service needs
 * them, and a provider may have to ask AWS. Concurrent callers share one request; a failure is not kept.
 */
export function createHeldCredentials(
  provide: () => Promise<AwsCredentials>,
  nowMs: () => number,
): () => Promise<AwsCredentials> {
  let held: Promise<AwsCredentials> | undefined;
  let renewAtMs = Number.NEGATIVE_INFINITY;

  const renew = async (): Promise<AwsCredentials> => {
    try {
      const credentials = await provide();
      renewAtMs = endMs(credentials) - RENEW_BEFORE_MS;
      return credentials;
    } catch (error) {
      renewAtMs = Number.NEGATIVE_INFINITY;
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
