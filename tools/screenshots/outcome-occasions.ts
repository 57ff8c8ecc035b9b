import type { ConsentOutcomeKind } from '../../functions/core/consent/consent-outcome.ts';

/** When a person sees the page of an outcome, told to whoever runs the app. */
export const OUTCOME_OCCASIONS: Readonly<Record<ConsentOutcomeKind, string>> = {
  connected: 'The person said yes, and the vault has stored what Adobe gave.',
  connected_not_renewable:
    'Adobe gave no refresh token: the scope `offline_access` is missing, or the person did not allow it.',
  kept_previous:
    'This consent allows less than the live, renewable connection, or cannot be renewed; the older one stays. A consent session opened with `replace` replaces it.',
  declined:
    'Adobe answered `access_denied`: the person said no, or is no beta user of a credential in development.',
  scope_not_allowed:
    'Adobe answered `invalid_scope`: the credential lacks one of the scopes in the settings.',
  transaction_expired:
    'More than ten minutes went by, the consent session is gone, or Adobe refused the code (also how it may refuse who is no beta user).',
  other_browser: 'No cookie of this browser fits the state: somebody else’s link, or cookies are off.',
  already_used: 'The consent session was used by another tab or another time, or its first answer was lost.',
  adobe_unavailable: 'Adobe did not answer, or with nothing that could be understood.',
  vault_unavailable: 'A fault of the vault or of AWS before or after Adobe was asked. It is in the log.',
  identity_missing: 'A plain sign-in whose ID token is missing or does not prove who the person is.',
  not_configured: 'The client secret is not stored yet, or Adobe does not accept credential or request.',
  user_action_required: 'Adobe answered `ride_*` or wants the person to act, such as to accept new terms.',
  invalid_request:
    'The link is not one that the vault or the app made: parameters are missing, twice or unknown.',
};
