import type { ConsentOutcomeKind } from '../../core/consent/consent-outcome.ts';
import type { HttpEvent, HttpResult } from './http-event.ts';
import { PAGE_TEXTS, type PageLanguage, preferredLanguage } from './page-language.ts';
import { PAGE_STYLE, PAGE_STYLE_HASH } from './page-style.ts';
import { BROWSER_HEADERS, contentSecurityPolicy } from './responses.ts';

/** How a page looks at a glance. Its words say the same. */
type PageTone = 'success' | 'notice' | 'trouble';

interface PageKind {
  readonly status: number;
  readonly tone: PageTone;
}

const PAGES: Readonly<Record<ConsentOutcomeKind, PageKind>> = {
  connected: { status: 200, tone: 'success' },
  connected_not_renewable: { status: 200, tone: 'success' },
  kept_previous: { status: 200, tone: 'success' },
  declined: { status: 200, tone: 'notice' },
  user_action_required: { status: 200, tone: 'notice' },
  transaction_expired: { status: 400, tone: 'notice' },
  other_browser: { status: 400, tone: 'notice' },
  already_used: { status: 400, tone: 'notice' },
  invalid_request: { status: 400, tone: 'notice' },
  scope_not_allowed: { status: 400, tone: 'trouble' },
  identity_missing: { status: 400, tone: 'trouble' },
  adobe_unavailable: { status: 503, tone: 'trouble' },
  vault_unavailable: { status: 503, tone: 'trouble' },
  not_configured: { status: 503, tone: 'trouble' },
};

/** What the operator can set for the pages. */
export interface PageSettings {
  readonly appName?: string;
  /** `https:` or `mailto:`. Checked where the settings are read. */
  readonly supportUrl?: string;
}

export interface OutcomePageOptions {
  /** Where a plain sign-in can be started again. A URL of the vault's own. */
  readonly startAgainUrl?: string;
}

/** Answers with the page of an outcome, in the language the browser prefers. */
export type OutcomePage = (
  event: Pick<HttpEvent, 'headers'>,
  kind: ConsentOutcomeKind,
  options?: OutcomePageOptions,
) => HttpResult;

/**
 * The vault's own pages have no script and load nothing. The request affects only their language. Their text is constant, and
 * what comes from the settings is escaped.
 */
export function createOutcomePage(settings: PageSettings): OutcomePage {
  return ({ headers }, kind, options = {}) => {
    const language = preferredLanguage(headers?.['accept-language']);
    return {
      statusCode: PAGES[kind].status,
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
  toneIcon(PAGES[kind].tone),
  `<h1>${escapeHtml(title)}</h1>`,
  `<p>${escapeHtml(happened)}</p>`,
  `<p>${escapeHtml(next)}</p>`,
  startAgainUrl === undefined ? '' : `<p>${link(startAgainUrl, texts.startAgain, 'action')}</p>`,
  // A connected user needs no help, and the page after a consent must not link to another site (RFC 9700 §4.2.4).
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

/** `noreferrer` in addition to the header, because the page's own URL may hold the authorization code. */
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

/** Paths within a circle, in a view box of 24 by 24. */
const SIGNS: Readonly<Record<PageTone, string>> = {
  success: 'M7.5 12.5l3 3 6-6.5',
  notice: 'M12 11v5.5M12 7.5v.01',
  trouble: 'M12 7v6M12 16.5v.01',
};

/** Part of the page, so that the browser loads nothing. Hidden from screen readers, which read the heading. */
function toneIcon(tone: PageTone): string {
  return `<svg class="icon ${tone}" viewBox="0 0 24 24" aria-hidden="true" fill="none" stroke="currentColor" stroke-width="2" stroke-linecap="round" stroke-linejoin="round"><circle cx="12" cy="12" r="10"/><path d="${SIGNS[tone]}"/></svg>`;
}
