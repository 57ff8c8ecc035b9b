import { PlatformError } from '../../core/platform-error.ts';

/** DynamoDB refused, failed, was slow or could not be reached: a write may or may not have happened. */
export function toStoreError(cause: unknown): PlatformError {
  const reason = cause instanceof Error ? reasonOf(cause) : undefined;
  if (reason === 'AccessDeniedException') {
    return new PlatformError('ACCESS_DENIED', 'DynamoDB does not let this function use the table.', {
      cause,
      reason,
    });
  }
  return new PlatformError('STORE_UNAVAILABLE', 'DynamoDB did not answer usably.', { cause, reason });
}

/** Of a broken socket the SDK says `TimeoutError`; the system's own code, such as `ECONNRESET`, says which it was. */
function reasonOf(cause: Error): string {
  return 'code' in cause && typeof cause.code === 'string' && /^E[A-Z]+$/.test(cause.code)
    ? cause.code
    : cause.name;
}
