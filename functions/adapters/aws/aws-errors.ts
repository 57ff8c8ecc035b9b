import { PlatformError, type PlatformErrorCode } from '../../core/platform-error.ts';

type Translation = readonly [code: PlatformErrorCode, message: string];

/** What the errors of one AWS service mean to the vault. */
export interface AwsErrors {
  /** IAM does not allow the call. */
  readonly denied: string;
  /** Every other failure: refused, slow, unreachable. A write may or may not have happened. */
  readonly unavailable: Translation;
  /** Errors that mean something of their own, by the name that AWS gives them. */
  readonly named?: Readonly<Record<string, Translation>>;
}

/** KMS says this when the named key is not the one that wrapped the data key. */
const OTHER_KEY = 'IncorrectKeyException';

export const DYNAMODB_ERRORS: AwsErrors = {
  denied: 'DynamoDB does not let this function use the table.',
  unavailable: ['STORE_UNAVAILABLE', 'DynamoDB did not answer usably.'],
};

export const KMS_ERRORS: AwsErrors = {
  denied: 'KMS does not let this function use the key.',
  unavailable: ['KEY_UNAVAILABLE', 'KMS did not answer usably.'],
  named: {
    [OTHER_KEY]: ['KEY_UNKNOWN', 'A token is sealed under a key that is not configured.'],
    // The blob is not one of KMS's own, or was made under another encryption context.
    InvalidCiphertextException: ['SEAL_BROKEN', 'KMS cannot unwrap the data key of a sealed token.'],
  },
};

export const SCHEDULER_ERRORS: AwsErrors = {
  denied: 'EventBridge Scheduler does not let this function use its schedules.',
  unavailable: ['SCHEDULER_UNAVAILABLE', 'EventBridge Scheduler did not answer usably.'],
};

const SECRET_UNAVAILABLE: Translation = ['SECRET_UNAVAILABLE', 'Secrets Manager did not answer usably.'];
/** Secrets Manager says this when the secret is scheduled for deletion: it has a value, and neither reads nor writes it. */
export const SCHEDULED_FOR_DELETION = 'InvalidRequestException';
const SECRET_NAMED: Readonly<Record<string, Translation>> = {
  [SCHEDULED_FOR_DELETION]: [
    'SECRET_UNAVAILABLE',
    'The secret is scheduled for deletion. Restore it: aws secretsmanager restore-secret --secret-id <its name>.',
  ],
};

export const SECRET_READ_ERRORS: AwsErrors = {
  denied: 'Secrets Manager does not let the caller read the secret.',
  unavailable: SECRET_UNAVAILABLE,
  named: SECRET_NAMED,
};

export const SECRET_WRITE_ERRORS: AwsErrors = {
  denied: 'Secrets Manager does not let the caller write the secret.',
  unavailable: SECRET_UNAVAILABLE,
  named: SECRET_NAMED,
};

export const ROTATOR_ERRORS: AwsErrors = {
  denied: 'Lambda does not let this function invoke rotate.',
  unavailable: ['ROTATOR_UNAVAILABLE', 'Lambda did not run rotate.'],
};

export const EVENTS_ERRORS: AwsErrors = {
  denied: 'EventBridge does not let this function publish events.',
  unavailable: ['EVENTS_UNAVAILABLE', 'EventBridge did not answer usably.'],
};

/** Translates what an AWS client threw. The cause is kept, and its message is not repeated. */
export function toPlatformError(errors: AwsErrors, cause: unknown): PlatformError {
  if (cause instanceof PlatformError) return cause;
  const reason = cause instanceof Error ? reasonOf(cause) : undefined;
  const [code, message] = translationOf(errors, reason);
  return new PlatformError(code, message, { cause, reason });
}

export function isOtherKey(error: unknown): boolean {
  return error instanceof Error && error.name === OTHER_KEY;
}

function translationOf({ denied, unavailable, named }: AwsErrors, reason = ''): Translation {
  if (reason === 'AccessDeniedException') return ['ACCESS_DENIED', denied];
  return named?.[reason] ?? unavailable;
}

/** For a broken socket the SDK says `TimeoutError`. The system's own code, such as `ECONNRESET`, says what happened. */
function reasonOf(cause: Error): string {
  return 'code' in cause && typeof cause.code === 'string' && /^E[A-Z]+$/.test(cause.code)
    ? cause.code
    : cause.name;
}
