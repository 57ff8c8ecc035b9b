/** Stable codes of what can go wrong outside the vault's own logic. */
export type PlatformErrorCode =
  | 'STORE_UNAVAILABLE'
  | 'ITEM_MALFORMED'
  | 'KEY_UNAVAILABLE'
  | 'KEY_UNKNOWN'
  | 'SEAL_BROKEN'
  | 'SECRET_UNAVAILABLE'
  | 'SCHEDULER_UNAVAILABLE'
  | 'SCHEDULE_GROUP_GONE'
  | 'EVENTS_UNAVAILABLE'
  | 'ROTATOR_UNAVAILABLE'
  | 'ACCESS_DENIED'
  | 'SETTINGS_INVALID';

/**
 * Thrown by adapters only: a foreign error translated once, with its `cause` kept (the cause is never logged whole).
 * `SEAL_BROKEN` means that a sealed token cannot be opened: wrong binding or corrupted bytes. No retry fixes that.
 * `KEY_UNKNOWN` means that a token is sealed under a KMS key that this deployment does not name. The token itself is whole.
 * `ITEM_MALFORMED` means that a stored item is not in the form that the vault writes. No retry fixes that either.
 * `SCHEDULE_GROUP_GONE` means that the group of all schedules was deleted; the reconciler recreates it.
 * `ACCESS_DENIED` means that the role lacks an AWS permission.
 */
export class PlatformError extends Error {
  override readonly name = 'PlatformError';
  readonly code: PlatformErrorCode;
  /** `name` of the foreign error, such as `ThrottlingException`: safe to log. */
  readonly reason: string | undefined;

  constructor(
    code: PlatformErrorCode,
    message: string,
    options: { cause?: unknown; reason?: string | undefined } = {},
  ) {
    super(message, 'cause' in options ? { cause: options.cause } : undefined);
    this.code = code;
    this.reason = options.reason;
  }
}

/** A word for a log line: the name of every platform error is the same, and its code says what is wrong. */
export function reasonInLog(error: unknown): string {
  if (error instanceof PlatformError) return error.code;
  return error instanceof Error ? error.name : 'unknown';
}
