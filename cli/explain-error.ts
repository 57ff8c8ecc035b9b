import { isVaultError, type VaultErrorCode } from '../client/vault-error.ts';
import { connectionFailureOf } from '../functions/adapters/ims/send-request.ts';
import { PlatformError } from '../functions/core/platform-error.ts';
import { CliError, type ExitCode } from './cli-error.ts';

/** What the user of a failed command sees. */
export interface ExplainedError {
  readonly code: string;
  readonly message: string;
  readonly remedy?: string;
  readonly exitCode: ExitCode;
}

const ACCESS = 'Sign in as a role that has the grant for this command (docs/generated/cli.md lists them).';
const REACH = 'Check the URL and that the vault is deployed. Then try again.';

const VAULT_ERRORS: Readonly<Record<VaultErrorCode, readonly [exitCode: ExitCode, remedy?: string]>> = {
  invalid_request: [2],
  client_settings: [2],
  client_environment: [2],
  scopes_not_available: [2],
  scopes_not_granted: [1, 'Let the user consent again, with these scopes in the setting scopes.'],
  host_not_allowed: [2],
  connection_not_found: [
    1,
    'Look for it with `adobe-token-vault list`. If it is not there, connect the user.',
  ],
  reauthorization_required: [1, 'Send the user through consent again: `adobe-token-vault connect`.'],
  user_action_required: [1, 'The user must act at Adobe first. `adobe-token-vault show` prints the link.'],
  not_renewable: [1, 'Add offline_access to the setting scopes, and let the user consent again.'],
  code_not_valid: [1, 'A code is valid for two minutes and works once. Open a new consent session.'],
  consent_superseded: [1, 'A newer consent or a disconnect came first. Open a new consent session.'],
  temporarily_unavailable: [4, 'Try again. If it keeps failing, run `adobe-token-vault doctor`.'],
  vault_unreachable: [4, REACH],
  unexpected_answer: [4, REACH],
  access_denied: [3, ACCESS],
  credentials_unavailable: [3, 'Sign in first, for example with `aws sso login`, or set AWS_PROFILE.'],
};

/** Names of AWS errors for an unknown caller, or one without permission. */
const DENIED =
  /AccessDenied|UnrecognizedClient|InvalidClientTokenId|ExpiredToken|InvalidSignature|NotAuthorized/;
const NO_CREDENTIALS = /CredentialsProviderError|TokenProviderError/;

/** Explains an error; `undefined` for a bug. */
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
    return explained('credentials_unavailable', 'No AWS credentials were found.', 3, remedy);
  }
  // AWS names the caller, the action and the resource in these. None of them is secret.
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
      'Check the network, the certificates that this machine trusts, and --endpoint.',
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

/** Codes of the system, its resolver and fetch. Not Node's own ERR_…: except for TLS, these are bugs of this program. */
const NETWORK_CODE = /^(E[A-Z]+|EAI_[A-Z]+|UND_ERR_.+)$/;

/** A server could not be reached, was not trusted, or broke off. Certificate errors are those that the vault itself knows. */
function isNetworkFailure(error: Error): boolean {
  if (error.name === 'TimeoutError' || connectionFailureOf(error) === 'unreachable') return true;
  if (error instanceof TypeError) return error.message === 'fetch failed' || hasNetworkCode(error.cause);
  return hasNetworkCode(error);
}

const hasNetworkCode = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && NETWORK_CODE.test(String(error.code));
