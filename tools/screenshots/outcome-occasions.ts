import type { ConsentOutcomeKind } from '../../functions/core/consent/consent-outcome.ts';

/** When a user sees the page of an outcome, in words for the operator of the app. */
export const OUTCOME_OCCASIONS: Readonly<Record<ConsentOutcomeKind, string>> = {
  connected: 'The user consented, and the vault has stored the tokens.',
  connected_not_renewable:
    'Adobe sent no refresh token: the scope `offline_access` is missing, or the user did not allow it.',
  kept_previous:
    'The new consent allows less than the live, renewable connection, or cannot be renewed. The vault keeps the previous connection. A consent session opened with `replace` replaces it.',
  declined:
    'Adobe answered `access_denied`: the user declined, or is not a beta user of a credential in development.',
  scope_not_allowed:
    'Adobe answered `invalid_scope`: the credential lacks one of the scopes in the settings.',
  transaction_expired:
    'More than ten minutes have passed, the consent session is gone, or Adobe refused the code. Adobe may also refuse users this way if they are not beta users.',
  other_browser:
    'No cookie of this browser fits the state: the link was made for another browser, or cookies are off.',
  already_used: 'The consent session was used before, such as in another tab, or its first answer was lost.',
  adobe_unavailable: 'Adobe did not answer, or its answer could not be understood.',
  vault_unavailable: 'The vault or AWS failed before or after the request to Adobe. The log has the error.',
  identity_missing: 'The ID token is missing or does not prove who the user is.',
  not_configured:
    'The client secret is not stored yet, or Adobe does not accept the credential or the request.',
  user_action_required: 'Adobe answered `ride_*` or asks the user to act, such as to accept new terms.',
  invalid_request:
    'The vault or the app did not make this link: parameters are missing, repeated or unknown.',
};
