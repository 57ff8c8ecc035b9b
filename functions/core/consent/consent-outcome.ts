import type { Telemetry } from '../ports/events.ts';
import type { ReceivedTokens, TokenAnswer } from '../ports/ims.ts';
import type { Secret } from '../secret.ts';

/** The outcome of a transaction. Each kind has a page, an error code for `return_to`, and a metric. */
export type ConsentOutcomeKind =
  | 'connected'
  | 'connected_not_renewable'
  | 'kept_previous'
  | 'declined'
  | 'scope_not_allowed'
  | 'transaction_expired'
  | 'other_browser'
  | 'already_used'
  | 'adobe_unavailable'
  /** A fault of the vault, before or after the request to Adobe. Trying again may help. */
  | 'vault_unavailable'
  /** Adobe did not say who the user is, or its statement could not be verified. */
  | 'identity_missing'
  | 'not_configured'
  | 'user_action_required'
  | 'invalid_request';

const SUCCESSES: ReadonlySet<ConsentOutcomeKind> = new Set([
  'connected',
  'connected_not_renewable',
  'kept_previous',
]);

/** The user agreed and IMS issued tokens: the app gets a code. */
export function isSuccess(kind: ConsentOutcomeKind): boolean {
  return SUCCESSES.has(kind);
}

/** Where the browser goes back to: one of the settings' return URLs, with what the app sent along. */
export interface Destination {
  readonly returnUrl: string;
  readonly appState?: string;
  readonly connectionCode: Secret;
}

/** Adds `connection_code` after a success, otherwise `error` with the outcome's name. Never an id, never a token. */
export function destinationUrl(destination: Destination, kind: ConsentOutcomeKind): string {
  const url = new URL(destination.returnUrl);
  const added: [string, string][] = isSuccess(kind)
    ? [['connection_code', destination.connectionCode.reveal()]]
    : [['error', kind]];
  if (destination.appState !== undefined) added.push(['app_state', destination.appState]);
  // Appended as text: the app's own query stays byte for byte as it is in the settings.
  const query = added.map(([name, value]) => `${name}=${encodeURIComponent(value)}`).join('&');
  url.search = url.search === '' ? query : `${url.search}&${query}`;
  return url.href;
}

/**
 * The outcome of an authorization error response.
 * @see https://www.rfc-editor.org/rfc/rfc6749#section-4.1.2.1
 * @param error as IMS sent it; any text
 */
export function outcomeOfAuthorizationError(error: string): ConsentOutcomeKind {
  if (error.startsWith('ride_')) return 'user_action_required';
  switch (error) {
    case 'access_denied':
      return 'declined';
    case 'invalid_scope':
      return 'scope_not_allowed';
    case 'login_required':
    case 'consent_required':
    case 'interaction_required':
    case 'account_selection_required':
      return 'user_action_required';
    // Adobe refuses the request itself: the credential's settings are wrong.
    case 'invalid_request':
    case 'invalid_client':
    case 'unauthorized_client':
    case 'unsupported_response_type':
      return 'not_configured';
    default:
      return 'adobe_unavailable';
  }
}

export type ClassifiedAnswer =
  | { readonly kind: 'tokens'; readonly tokens: ReceivedTokens }
  | { readonly kind: 'failed'; readonly outcome: ConsentOutcomeKind; readonly error: string };

/** What the answer to a code exchange means for the user. */
export function classifyAnswer(answer: TokenAnswer): ClassifiedAnswer {
  switch (answer.kind) {
    case 'tokens':
      return { kind: 'tokens', tokens: answer.tokens };
    case 'refused':
      return failed('transaction_expired', answer.error);
    case 'misconfigured':
      return failed(answer.error === 'invalid_scope' ? 'scope_not_allowed' : 'not_configured', answer.error);
    case 'user-action':
      return failed('user_action_required', answer.error);
    case 'wait':
      return failed('adobe_unavailable', 'wait');
    case 'unknown':
      return failed('adobe_unavailable', answer.reason);
    case 'unexpected':
      return failed('adobe_unavailable', answer.error ?? `status ${answer.status}`);
  }
}

function failed(outcome: ConsentOutcomeKind, error: string): ClassifiedAnswer {
  return { kind: 'failed', outcome, error };
}

/**
 * Reports how IMS answered an exchange, to operators but not to the breakers: anyone can bring a code, and an answer about it
 * must not stop the rotations of every connection. The next rotation finds out whether IMS refuses the credential.
 */
export function reportAnswer(telemetry: Telemetry, answer: TokenAnswer, classified: ClassifiedAnswer): void {
  const debugId = answer.debugId === undefined ? {} : { imsDebugId: answer.debugId };
  if (classified.kind === 'tokens') {
    const { anomalies } = classified.tokens;
    if (anomalies.length > 0) telemetry.warn('Adobe answered oddly.', { anomalies, ...debugId });
    return;
  }
  const { error } = classified;
  if (answer.kind !== 'misconfigured') {
    telemetry.warn('Adobe gave no tokens for a code.', { error, ...debugId });
    return;
  }
  telemetry.error('Adobe refused the credential or its settings.', undefined, { error, ...debugId });
  telemetry.measure('CredentialRefused', 1, 'Count');
}
