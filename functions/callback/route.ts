import { type HttpHandler, queryParameters } from '../adapters/http/http-event.ts';
import type { OutcomePage } from '../adapters/http/outcome-page.ts';
import { redirect } from '../adapters/http/responses.ts';
import type { CompleteTransaction } from '../core/consent/complete-transaction.ts';
import { destinationUrl } from '../core/consent/consent-outcome.ts';

/** Relative to the callback, whatever the stage or custom domain is called. */
const START_AGAIN_URL = 'authorize';

export interface CallbackRouteDeps {
  readonly completeTransaction: CompleteTransaction;
  readonly page: OutcomePage;
}

/** `GET /callback`: back to the app if there is one, otherwise the vault's own page. */
export function createCallbackRoute({ completeTransaction, page }: CallbackRouteDeps): HttpHandler {
  return async (event, context) => {
    const { outcome, destination, mayStartAgain } = await completeTransaction({
      parameters: queryParameters(event),
      cookies: event.cookies ?? [],
      remainingMs: context.getRemainingTimeInMillis(),
    });
    if (destination) return redirect(destinationUrl(destination, outcome));
    return page(event, outcome, mayStartAgain ? { startAgainUrl: START_AGAIN_URL } : {});
  };
}
