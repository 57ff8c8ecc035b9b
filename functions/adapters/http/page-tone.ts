import type { ConsentOutcomeKind } from '../../core/consent/consent.ts';

/** How a page feels at a glance; the words alone say the same. */
export type PageTone = 'success' | 'notice' | 'trouble';

export const PAGE_TONES: Readonly<Record<ConsentOutcomeKind, PageTone>> = {
  connected: 'success',
  connected_not_renewable: 'success',
  kept_previous: 'success',
  declined: 'notice',
  transaction_expired: 'notice',
  other_browser: 'notice',
  already_used: 'notice',
  user_action_required: 'notice',
  invalid_request: 'notice',
  scope_not_allowed: 'trouble',
  identity_missing: 'trouble',
  adobe_unavailable: 'trouble',
  vault_unavailable: 'trouble',
  not_configured: 'trouble',
};

/** Drawn within a circle of 24 by 24. */
const SIGNS: Readonly<Record<PageTone, string>> = {
  success: 'M7.5 12.5l3 3 6-6.5',
  notice: 'M12 11v5.5M12 7.5v.01',
  trouble: 'M12 7v6M12 16.5v.01',
};

/** Part of the page, so that nothing has to be fetched; hidden from screen readers, which read the heading. */
export function toneIcon(tone: PageTone): string {
  return `<svg class="icon ${tone}" viewBox="0 0 24 24" aria-hidden="true" fill="none" stroke="currentColor" stroke-width="2" stroke-linecap="round" stroke-linejoin="round"><circle cx="12" cy="12" r="10"/><path d="${SIGNS[tone]}"/></svg>`;
}
