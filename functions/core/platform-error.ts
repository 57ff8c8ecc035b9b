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
 * `SEAL_BROKEN` means a sealed token cannot be opened: wrong binding or corrupted bytes, a fault that no retry fixes.
 * `KEY_UNKNOWN` means a token is sealed under a KMS key that this deployment does not name: the token is whole, the deployment is not.
 * `ITEM_MALFORMED` means a stored item is not as we write it, which no retry fixes either.
 * `SCHEDULE_GROUP_GONE` means that somebody deleted the group all schedules live in; the reconciler recreates it.
 * `ACCESS_DENIED` is an AWS permission our role lacks.
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
