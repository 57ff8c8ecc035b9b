import { PlatformError } from '../../core/platform-error.ts';

export function toSecretError(cause: unknown, deed: 'read' | 'write'): PlatformError {
  const reason = cause instanceof Error ? cause.name : undefined;
  if (reason === 'AccessDeniedException') {
    const message = `Secrets Manager does not let the caller ${deed} the secret.`;
    return new PlatformError('ACCESS_DENIED', message, { cause, reason });
  }
  return new PlatformError('SECRET_UNAVAILABLE', 'Secrets Manager did not answer usably.', { cause, reason });
}
