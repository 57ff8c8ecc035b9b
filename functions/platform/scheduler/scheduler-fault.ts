import { PlatformFault } from '../../core/domain/platform-fault.ts';

export function toSchedulerFault(cause: unknown): PlatformFault {
  if (cause instanceof PlatformFault) return cause;
  const reason = cause instanceof Error ? cause.name : undefined;
  if (reason === 'AccessDeniedException') {
    const message = 'EventBridge Scheduler does not let this function use its schedules.';
    return new PlatformFault('ACCESS_DENIED', message, { cause, reason });
  }
  return new PlatformFault('SCHEDULER_UNAVAILABLE', 'EventBridge Scheduler did not answer usably.', {
    cause,
    reason,
  });
}
