import type { ConsentOutcomeKind } from '../../core/consent/consent-outcome.ts';
import type { HttpEvent, HttpResult } from './http-event.ts';
import { PAGE_TEXTS, type PageLanguage, preferredLanguage } from './page-language.ts';
import { PAGE_STYLE, PAGE_STYLE_HASH } from './page-style.ts';
import { BROWSER_HEADERS, contentSecurityPolicy } from './responses.ts';

const STATUSES: Readonly<Record<ConsentOutcomeKind, number>> = {
  connected: 200,
  connected_not_renewable: 200,
  kept_previous: 200,
  declined: 200,
  user_action_required: 200,
  scope_not_allowed: 400,
  transaction_expired: 400,
  other_browser: 400,
  already_used: 400,
  identity_missing: 400,
  invalid_request: 400,
  adobe_unavailable: 503,
  vault_unavailable: 503,
  not_configured: 503,
};

/** What the operator decided about the pages. */
export interface PageSettings {
  readonly appName?: string;
  /** `https:` or `mailto:`; checked where the settings are read. */
  readonly supportUrl?: string;
}

export interface OutcomePageOptions {
  /** Where a plain sign-in can be started again; a URL of our own. */
  readonly startAgainUrl?: string;
}

/** Answers with the page of an outcome, in the language the browser prefers. */
export type OutcomePage = (
  event: Pick<HttpEvent, 'headers'>,
  kind: ConsentOutcomeKind,
  options?: OutcomePageOptions,
) => HttpResult;

/**
 * The vault's own pages: no script, nothing from elsewhere, and nothing of the request in them but the choice of the
 * language. Their text is constant; what comes from the settings is escaped all the same.
 */
export function createOutcomePage(settings: PageSettings): OutcomePage {
  return ({ headers }, kind, options = {}) => {
    const language = preferredLanguage(headers?.['accept-language']);
    return {
      statusCode: STATUSES[kind],
      headers: {
        ...BROWSER_HEADERS,
        'content-security-policy': contentSecurityPolicy([PAGE_STYLE_HASH]),
        'content-type': 'text/html; charset=utf-8',
        'content-language': language,
        vary: 'accept-language',
      },
      body: html({ kind, language, ...settings, ...options }),
    };
  };
}

interface PageContent extends PageSettings, OutcomePageOptions {
  readonly kind: ConsentOutcomeKind;
  readonly language: PageLanguage;
}

function html({ kind, language, appName, supportUrl, startAgainUrl }: PageContent): string {
  const texts = PAGE_TEXTS[language];
  const { title, happened, next } = texts.outcomes[kind];
  return `<!doctype html>
<html lang="${language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="robots" content="noindex">
<title>${escapeHtml(`${title} – ${appName ?? texts.product}`)}</title>
<style>${PAGE_STYLE}</style>
</head>
<body data-outcome="${escapeHtml(kind)}">
<main>
${lines(
  appName === undefined ? '' : `<p class="app" translate="no">${escapeHtml(appName)}</p>`,
  toneIcon(PAGE_TONES[kind]),
  `<h1>${escapeHtml(title)}</h1>`,
  `<p>${escapeHtml(happened)}</p>`,
  `<p>${escapeHtml(next)}</p>`,
  startAgainUrl === undefined ? '' : `<p>${link(startAgainUrl, texts.startAgain, 'action')}</p>`,
  // Whoever is connected needs no help, and the page after a yes shall link to nowhere else (RFC 9700 §4.2.4).
  supportUrl === undefined || kind === 'connected'
    ? ''
    : `<p>${link(supportUrl, texts.support, 'support')}</p>`,
)}
</main>
</body>
</html>
`;
}

const lines = (...parts: readonly string[]) => parts.filter((part) => part !== '').join('\n');

/** `noreferrer` beside the header: the page's own URL may hold the authorization code. */
const link = (url: string, text: string, name: string) =>
  `<a class="${name}" href="${escapeHtml(url)}" rel="noreferrer">${escapeHtml(text)}</a>`;

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

function escapeHtml(text: string): string {
  return text.replaceAll(/[&<>"']/g, (character) => ENTITIES[character] ?? '');
}

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
