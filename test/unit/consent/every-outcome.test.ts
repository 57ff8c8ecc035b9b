import { describe, expect, it } from 'vitest';
import { createOutcomePage } from '../../../functions/adapters/http/outcome-page.ts';
import { PAGE_TEXTS } from '../../../functions/adapters/http/page-language.ts';
import { createCallbackRoute } from '../../../functions/callback/route.ts';
import type { CompleteTransaction } from '../../../functions/core/consent/complete-transaction.ts';
import type { ConsentOutcomeKind } from '../../../functions/core/consent/consent-outcome.ts';
import { Secret } from '../../../functions/core/secret.ts';

const OUTCOMES = Object.keys(PAGE_TEXTS.en.outcomes) as ConsentOutcomeKind[];
const WITH_CODE = new Set<ConsentOutcomeKind>(['connected', 'connected_not_renewable', 'kept_previous']);
const CODE = 'C'.repeat(43);

function callback(result: Awaited<ReturnType<CompleteTransaction>>) {
  return createCallbackRoute({ completeTransaction: async () => result, page: createOutcomePage({}) })(
    { routeKey: 'GET /callback', rawQueryString: '', headers: {} },
    { getRemainingTimeInMillis: () => 1_000 },
  );
}

describe.each(OUTCOMES)('the outcome %s', (outcome) => {
  it('has its own page when there is no app', async () => {
    const { statusCode, body } = await callback({ outcome, mayStartAgain: false });
    expect(body).toContain(`<body data-outcome="${outcome}">`);
    expect(body).toContain(`<h1>${PAGE_TEXTS.en.outcomes[outcome].title}</h1>`);
    expect(statusCode).not.toBe(303);
  });

  it('goes back to the app as a code or as its own name, never both', async () => {
    const destination = {
      returnUrl: 'https://app.example/connected?from=adobe',
      appState: 'state-of-the-app-0123456789',
      connectionCode: new Secret(CODE),
    };
    const { statusCode, headers } = await callback({ outcome, mayStartAgain: false, destination });
    expect(statusCode).toBe(303);
    const answer = WITH_CODE.has(outcome) ? { connection_code: CODE } : { error: outcome };
    const back = new URL(headers.location ?? '');
    expect(Object.fromEntries(back.searchParams)).toEqual({
      from: 'adobe',
      ...answer,
      app_state: destination.appState,
    });
  });
});
