import { PlatformFault } from '../../core/domain/platform-fault.ts';

/** DynamoDB refused, failed, was slow or could not be reached: a write may or may not have happened. */
export function toStoreFault(cause: unknown): PlatformFault {
  const reason = cause instanceof Error ? reasonOf(cause) : undefined;
  if (reason === 'AccessDeniedException') {
    return new PlatformFault('ACCESS_DENIED', 'DynamoDB does not let this function use the table.', {
      cause,
      reason,
    });
  }
  return new PlatformFault('STORE_UNAVAILABLE', 'DynamoDB did not answer usably.', { cause, reason });
}

/** Sockets fail as a plain `Error` whose code says more than its name. */
function reasonOf(cause: Error): string {
  if (cause.name === 'Error' && 'code' in cause && typeof cause.code === 'string') return cause.code;
  return cause.name;
}
