/** Which kind of change an error asks for. A code never changes its meaning. */
export type DeploymentErrorCode =
  | 'SETTING_INVALID'
  | 'BUNDLE_MISSING'
  | 'PATTERN_INVALID'
  | 'ACCOUNT_INVALID'
  | 'CALLER_INVALID'
  | 'ACCESS_ROLE_MISSING'
  | 'REGION_UNREACHABLE'
  | 'SECOND_CDK'
  | 'ATTRIBUTE_INVALID'
  | 'VAULT_NAME_TAKEN'
  | 'GRANT_WITHOUT_EFFECT'
  | 'SECOND_VAULT'
  | 'NAME_INVALID'
  | 'ATTRIBUTES_MIXED'
  | 'TENANT_ROLE_UNSUPPORTED'
  | 'HANDLER_MISSING';

/**
 * A setting, property or grant that you have to change before you deploy. The message names it and says what to change.
 */
export class DeploymentError extends Error {
  /** Stable, for tests and tools. The message is for people. */
  readonly code: DeploymentErrorCode;

  constructor(code: DeploymentErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'DeploymentError';
    this.code = code;
  }
}
