import type { ConsentOutcomeKind } from './consent.ts';

const SUCCESSES: ReadonlySet<ConsentOutcomeKind> = new Set([
  'connected',
  'connected_not_renewable',
  'kept_previous',
]);

/** The user said yes and IMS gave tokens: the app gets a code. */
export function isSuccess(kind: ConsentOutcomeKind): boolean {
  return SUCCESSES.has(kind);
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
    // Adobe refuses our request itself: the credential's settings are wrong.
    case 'invalid_request':
    case 'invalid_client':
    case 'unauthorized_client':
    case 'unsupported_response_type':
      return 'not_configured';
    default:
      return 'adobe_unavailable';
  }
}
