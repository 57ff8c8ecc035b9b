import { PlatformError } from '../../core/platform-error.ts';

/** KMS says so when the named key is not the one that made the blob. */
const OTHER_KEY = 'IncorrectKeyException';
/** KMS says so when the blob is not one of its own, or was made under another encryption context. */
const BROKEN_SEAL = 'InvalidCiphertextException';

export function isOtherKey(error: unknown): boolean {
  return error instanceof Error && error.name === OTHER_KEY;
}

export function toKmsError(cause: unknown): PlatformError {
  const reason = cause instanceof Error ? cause.name : undefined;
  const options = { cause, reason };
  if (reason === BROKEN_SEAL) {
    return new PlatformError('SEAL_BROKEN', 'KMS cannot unwrap the data key of a sealed token.', options);
  }
  if (reason === OTHER_KEY) {
    return new PlatformError('KEY_UNKNOWN', 'A token is sealed under a key that is not configured.', options);
  }
  if (reason === 'AccessDeniedException') {
    return new PlatformError('ACCESS_DENIED', 'KMS does not let this function use the key.', options);
  }
  return new PlatformError('KEY_UNAVAILABLE', 'KMS did not answer usably.', options);
}
