import type { VaultAnswer } from './vault-api.ts';

/** What the vault's `error` on the return URL means to the person at the page. */
const OUTCOMES: Readonly<Record<string, string>> = {
  declined: 'You declined, so nothing was connected.',
  scope_not_allowed: 'Adobe does not allow this credential one of the scopes. Nothing was connected.',
  transaction_expired: 'The attempt took too long or Adobe did not accept it. Try again.',
  other_browser: 'The sign-in was begun in another browser. Try again here.',
  already_used: 'That sign-in had been used already.',
  adobe_unavailable: 'Adobe did not answer. Try again later.',
  vault_unavailable: 'The vault could not complete the sign-in. Try again.',
  not_configured: 'The vault has no client secret yet.',
  user_action_required: 'Adobe asks you to do something at account.adobe.com first.',
};

export function outcomeText(error: string): string {
  return OUTCOMES[error] ?? 'The sign-in did not work. Nothing was connected.';
}

export function problemText({ status, problem }: VaultAnswer<never> & { ok: false }): string {
  return status === 403
    ? 'IAM does not let this application do that.'
    : (problem.title ?? `The vault answered with status ${status}.`);
}
