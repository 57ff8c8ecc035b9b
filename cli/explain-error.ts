import { isVaultError, type VaultErrorCode } from '../client/vault-error.ts';
import { connectionFailureOf } from '../functions/adapters/ims/send-request.ts';
import { PlatformError } from '../functions/core/platform-error.ts';
import { CliError, type ExitCode } from './cli-error.ts';

/** What goes to the user of a command that could not do its work. */
export interface ExplainedError {
  readonly code: string;
  readonly message: string;
  readonly remedy?: string;
  readonly exitCode: ExitCode;
}

const ACCESS = 'Sign in as a role with the grant the command needs (docs/generated/cli.md lists them).';
const REACH = 'Look whether the URL is right and the vault deployed; then try again.';

const VAULT_ERRORS: Readonly<Record<VaultErrorCode, readonly [exitCode: ExitCode, remedy?: string]>> = {
  invalid_request: [2],
  client_settings: [2],
  scopes_not_available: [2],
  host_not_allowed: [2],
  connection_not_found: [
    1,
    'Look for it with `adobe-token-vault list`; connect the user if it is not there.',
  ],
  reauthorization_required: [1, 'Send the user through consent again: `adobe-token-vault connect`.'],
  user_action_required: [1, 'The user has to do something at Adobe first.'],
  not_renewable: [1, 'Ask for offline_access and let the user consent again.'],
  code_not_valid: [1, 'Codes live for two minutes and work once: open a new consent session.'],
  consent_superseded: [1, 'A newer consent or a disconnect came first: open a new consent session.'],
  temporarily_unavailable: [4, 'Try again; `adobe-token-vault doctor` says what may be wrong.'],
  vault_unreachable: [4, REACH],
  unexpected_answer: [4, REACH],
  access_denied: [3, ACCESS],
  credentials_unavailable: [3, 'Sign in first, such as with `aws sso login`, or set AWS_PROFILE.'],
};

/** Names of AWS errors that say who asks is not known, or may not. */
const DENIED =
  /AccessDenied|UnrecognizedClient|InvalidClientTokenId|ExpiredToken|InvalidSignature|NotAuthorized/;
const NO_CREDENTIALS = /CredentialsProviderError|TokenProviderError/;

/** Turns everything thrown into words; `undefined` for what nobody expected. */
export function explainError(error: unknown): ExplainedError | undefined {
  if (error instanceof CliError) return explained(error.code, error.message, error.exitCode, error.remedy);
  if (isVaultError(error)) {
    const [exitCode, remedy] = VAULT_ERRORS[error.code];
    return explained(error.code, error.message, exitCode, remedy);
  }
  if (error instanceof PlatformError) {
    if (error.code === 'ACCESS_DENIED') return explained('access_denied', error.message, 3, ACCESS);
    return explained(error.code.toLowerCase(), error.message, 4, 'Try again.');
  }
  return error instanceof Error ? explainAwsError(error) : undefined;
}

function explainAwsError(error: Error): ExplainedError | undefined {
  if (NO_CREDENTIALS.test(error.name)) {
    const remedy = VAULT_ERRORS.credentials_unavailable[1];
    return explained('credentials_unavailable', 'There are no AWS credentials.', 3, remedy);
  }
  // AWS names caller, action and resource in these; none of it is secret.
  if (DENIED.test(error.name)) return explained('access_denied', `AWS refused: ${error.message}`, 3, ACCESS);
  if (isAwsError(error)) {
    const message = `AWS answered ${error.name}: ${error.message}`;
    return explained('aws_error', message, 4, 'Try again.');
  }
  if (isNetworkFailure(error)) {
    return explained(
      'unreachable',
      'AWS or Adobe could not be reached.',
      4,
      'Look at the network, the certificates it goes by, and --endpoint.',
    );
  }
  return undefined;
}

const isAwsError = (error: Error): boolean => '$metadata' in error && '$fault' in error;

function explained(
  code: string,
  message: string,
  exitCode: ExitCode,
  remedy: string | undefined,
): ExplainedError {
  return { code, message, exitCode, ...(remedy !== undefined && { remedy }) };
}

/** Of the system, its resolver and fetch. Not Node's own ERR_…: but for TLS, these tell of our own mistakes. */
const NETWORK_CODE = /^(E[A-Z]+|EAI_[A-Z]+|UND_ERR_.+)$/;

/** Somebody could not be reached, was not trusted, or broke off. Certificates are known by the list that the vault itself uses. */
export function isNetworkFailure(error: Error): boolean {
  if (error.name === 'TimeoutError' || connectionFailureOf(error) === 'unreachable') return true;
  if (error instanceof TypeError) return error.message === 'fetch failed' || hasNetworkCode(error.cause);
  return hasNetworkCode(error);
}

const hasNetworkCode = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && NETWORK_CODE.test(String(error.code));
