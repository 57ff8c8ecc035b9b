import { type HttpHandler, queryParameters, repeatedParameter } from '../adapters/http/http-event.ts';
import type { OutcomePage } from '../adapters/http/outcome-page.ts';
import { redirect } from '../adapters/http/responses.ts';
import type { StartTransaction } from '../core/consent/start-transaction.ts';
import { defined } from '../core/defined.ts';

const PARAMETERS = ['return_to', 'app_state', 'session'];

export interface AuthorizeRouteDeps {
  readonly startTransaction: StartTransaction;
  readonly page: OutcomePage;
}

/** `GET /authorize?return_to=…&app_state=…`, `GET /authorize?session=…`, or `GET /authorize` alone. */
export function createAuthorizeRoute({ startTransaction, page }: AuthorizeRouteDeps): HttpHandler {
  return async (event) => {
    const parameters = queryParameters(event);
    const started = await startTransaction(
      defined({
        returnTo: parameters.get('return_to') ?? undefined,
        appState: parameters.get('app_state') ?? undefined,
        sessionId: parameters.get('session') ?? undefined,
        isAmbiguous: repeatedParameter(parameters, PARAMETERS) !== undefined,
        cookies: event.cookies ?? [],
      }),
    );
    return started.kind === 'started' ? redirect(started.url, started.cookies) : page(event, started.outcome);
  };
}
