import { PlatformFault } from '../../core/domain/platform-fault.ts';

export function toSecretFault(cause: unknown, deed: 'read' | 'write'): PlatformFault {
  const reason = cause instanceof Error ? cause.name : undefined;
  if (reason === 'AccessDeniedException') {
    const message = `Secrets Manager does not let the caller ${deed} the secret.`;
    return new PlatformFault('ACCESS_DENIED', message, { cause, reason });
  }
  return new PlatformFault('SECRET_UNAVAILABLE', 'Secrets Manager did not answer usably.', { cause, reason });
}
