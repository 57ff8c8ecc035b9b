import type { ConsentOutcomeKind } from '../../core/domain/consent.ts';
import type { HttpResult } from './http-event.ts';
import { PAGE_STYLE, PAGE_STYLE_HASH } from './page-style.ts';
import { LANGUAGE, PAGE_TEXTS, PRODUCT_NAME, START_AGAIN } from './page-texts.ts';
import { BROWSER_HEADERS, contentSecurityPolicy } from './security-headers.ts';

const STATUSES: Readonly<Record<ConsentOutcomeKind, number>> = {
  connected: 200,
  connected_not_renewable: 200,
  kept_previous: 200,
  declined: 200,
  user_action_required: 200,
  scope_not_allowed: 400,
  attempt_expired: 400,
  other_browser: 400,
  already_used: 400,
  identity_missing: 400,
  invalid_request: 400,
  adobe_unavailable: 503,
  vault_unavailable: 503,
  not_configured: 503,
};

export interface OutcomePageOptions {
  /** Where a plain sign-in can be started again; a URL of our own. */
  readonly startAgainUrl?: string;
  readonly cookies?: readonly string[];
}

/**
 * The vault's own page: no script, nothing from elsewhere, and nothing of the request in it. All its text is constant
 * but the one URL, which is ours and escaped all the same.
 */
export function outcomePage(kind: ConsentOutcomeKind, options: OutcomePageOptions = {}): HttpResult {
  const { cookies = [] } = options;
  return {
    statusCode: STATUSES[kind],
    headers: {
      ...BROWSER_HEADERS,
      'content-security-policy': contentSecurityPolicy([PAGE_STYLE_HASH]),
      'content-type': 'text/html; charset=utf-8',
    },
    ...(cookies.length > 0 && { cookies }),
    body: html(kind, options.startAgainUrl),
  };
}

function html(kind: ConsentOutcomeKind, startAgainUrl: string | undefined): string {
  const { title, happened, next } = PAGE_TEXTS[kind];
  const startAgain =
    startAgainUrl === undefined
      ? ''
      : `\n<p><a href="${escapeHtml(startAgainUrl)}" rel="noreferrer">${escapeHtml(START_AGAIN)}</a></p>`;
  return `<!doctype html>
<html lang="${LANGUAGE}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>${escapeHtml(`${title} – ${PRODUCT_NAME}`)}</title>
<style>${PAGE_STYLE}</style>
</head>
<body data-outcome="${escapeHtml(kind)}">
<main>
<h1>${escapeHtml(title)}</h1>
<p>${escapeHtml(happened)}</p>
<p>${escapeHtml(next)}</p>${startAgain}
</main>
</body>
</html>
`;
}

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
