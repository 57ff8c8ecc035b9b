import type { FinishAttempt } from '../core/application/consent/finish-attempt.ts';
import { destinationUrl } from '../core/domain/consent-destination.ts';
import type { HttpHandler } from '../platform/http/http-event.ts';
import type { OutcomePage } from '../platform/http/outcome-page.ts';
import { queryParameters } from '../platform/http/query-parameters.ts';
import { redirect } from '../platform/http/redirect.ts';

/** Beside the callback, whatever the stage or custom domain is called. */
const START_AGAIN_URL = 'authorize';

export interface CallbackRouteDeps {
  readonly finishAttempt: FinishAttempt;
  readonly page: OutcomePage;
}

/** `GET /callback`: back to the app where there is one, else the vault's own page. */
export function createCallbackRoute({ finishAttempt, page }: CallbackRouteDeps): HttpHandler {
  return async (event, context) => {
    const { outcome, destination, mayStartAgain } = await finishAttempt({
      parameters: queryParameters(event),
      cookies: event.cookies ?? [],
      remainingMs: context.getRemainingTimeInMillis(),
    });
    if (destination) return redirect(destinationUrl(destination, outcome));
    return page(event, outcome, mayStartAgain ? { startAgainUrl: START_AGAIN_URL } : {});
  };
}
