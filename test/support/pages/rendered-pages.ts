import type { Page } from 'playwright-core';
import { createOutcomePage } from '../../../functions/adapters/http/outcome-page.ts';
import { PAGE_TEXTS } from '../../../functions/adapters/http/page-language.ts';
import { type ConsentOutcomeKind, isSuccess } from '../../../functions/core/consent/consent-outcome.ts';

const ORIGIN = 'https://vault.example';

export const OUTCOMES = Object.keys(PAGE_TEXTS.en.outcomes) as readonly ConsentOutcomeKind[];

const outcomePage = createOutcomePage({
  appName: 'Darkroom Notes',
  supportUrl: 'https://darkroom.example/help',
});

/** A browser at the vault's own pages: what the Lambda would answer, with its status and headers, under https. */
export async function serveOutcomePages(page: Page): Promise<void> {
  await page.route(`${ORIGIN}/**`, async (route) => {
    const kind = new URL(route.request().url()).pathname.slice(1);
    const outcome = OUTCOMES.find((one) => one === kind);
    if (outcome === undefined) return route.fulfill({ status: 404, body: '' });
    const headers = await route.request().allHeaders();
    const options = mayStartAgain(outcome) ? { startAgainUrl: 'authorize' } : {};
    const { statusCode, ...answer } = outcomePage({ headers }, outcome, options);
    return route.fulfill({ status: statusCode, headers: answer.headers, body: answer.body });
  });
}

/** As after a plain sign-in: not when the user is connected, nor when the transaction is unknown. */
function mayStartAgain(kind: ConsentOutcomeKind): boolean {
  return !isSuccess(kind) && kind !== 'other_browser' && kind !== 'invalid_request';
}

export function outcomeUrl(kind: ConsentOutcomeKind): string {
  return `${ORIGIN}/${kind}`;
}
