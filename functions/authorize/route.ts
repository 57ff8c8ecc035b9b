import { type HttpHandler, queryParameters, repeatedParameter } from '../adapters/http/http-event.ts';
import type { OutcomePage } from '../adapters/http/outcome-page.ts';
import { redirect } from '../adapters/http/responses.ts';
import type { StartTransaction } from '../core/consent/start-transaction.ts';

const PARAMETERS = ['return_to', 'app_state', 'session'];

export interface AuthorizeRouteDeps {
  readonly startTransaction: StartTransaction;
  readonly page: OutcomePage;
}

/** `GET /authorize?return_to=…&app_state=…`, `GET /authorize?session=…`, or `GET /authorize` alone. */
export function createAuthorizeRoute({ startTransaction, page }: AuthorizeRouteDeps): HttpHandler {
  return async (event) => {
    const parameters = queryParameters(event);
    const returnTo = parameters.get('return_to');
    const appState = parameters.get('app_state');
    const sessionId = parameters.get('session');
    const result = await startTransaction({
      ...(returnTo !== null && { returnTo }),
      ...(appState !== null && { appState }),
      ...(sessionId !== null && { sessionId }),
      isAmbiguous: repeatedParameter(parameters, PARAMETERS) !== undefined,
      cookies: event.cookies ?? [],
    });
    return result.kind === 'started' ? redirect(result.url, result.cookies) : page(event, result.outcome);
  };
}
