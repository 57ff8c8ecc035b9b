export type LocalStackErrorCode =
  | 'ASSEMBLY_UNREADABLE'
  | 'TEMPLATE_UNSUPPORTED'
  | 'PORT_TAKEN'
  | 'NOT_STARTED'
  | 'UNKNOWN_NAME'
  | 'CLOCK_STUCK'
  | 'THROTTLED';

/** The local stack cannot do what was asked; the message says why in one sentence. */
export class LocalStackError extends Error {
  override readonly name = 'LocalStackError';
  readonly code: LocalStackErrorCode;

  constructor(code: LocalStackErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
