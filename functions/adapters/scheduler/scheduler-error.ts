import { PlatformError } from '../../core/platform-error.ts';

export function toSchedulerError(cause: unknown): PlatformError {
  if (cause instanceof PlatformError) return cause;
  const reason = cause instanceof Error ? cause.name : undefined;
  if (reason === 'AccessDeniedException') {
    const message = 'EventBridge Scheduler does not let this function use its schedules.';
    return new PlatformError('ACCESS_DENIED', message, { cause, reason });
  }
  return new PlatformError('SCHEDULER_UNAVAILABLE', 'EventBridge Scheduler did not answer usably.', {
    cause,
    reason,
  });
}
