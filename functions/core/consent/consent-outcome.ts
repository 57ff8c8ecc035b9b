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
