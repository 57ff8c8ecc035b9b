export type DemoErrorCode = 'SYNTHESIS_FAILED' | 'PORT_INVALID' | 'PORT_TAKEN';

/** The demo cannot run; the message says why, and what to do, in one sentence. */
export class DemoError extends Error {
  override readonly name = 'DemoError';
  readonly code: DemoErrorCode;

  constructor(code: DemoErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
