export type DeploymentErrorCode =
  | 'SETTING_INVALID'
  | 'BUNDLE_MISSING'
  | 'PATTERN_INVALID'
  | 'ACCOUNT_INVALID'
  | 'HANDLER_MISSING';

/** Something the person who deploys has to change. The message is one sentence for that person, without a stack trace. */
export class DeploymentError extends Error {
  readonly code: DeploymentErrorCode;

  constructor(code: DeploymentErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'DeploymentError';
    this.code = code;
  }
}
