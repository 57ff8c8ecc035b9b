import type { StartAttempt } from '../core/application/consent/start-attempt.ts';
import type { HttpHandler } from '../platform/http/http-event.ts';
import type { OutcomePage } from '../platform/http/outcome-page.ts';
import { queryParameters, repeatedParameter } from '../platform/http/query-parameters.ts';
import { redirect } from '../platform/http/redirect.ts';

const PARAMETERS = ['return_to', 'app_state', 'session'];

export interface AuthorizeRouteDeps {
  readonly startAttempt: StartAttempt;
  readonly page: OutcomePage;
}

/** `GET /authorize?return_to=…&app_state=…`, `GET /authorize?session=…`, or `GET /authorize` alone. */
export function createAuthorizeRoute({ startAttempt, page }: AuthorizeRouteDeps): HttpHandler {
  return async (event) => {
    const parameters = queryParameters(event);
    const returnTo = parameters.get('return_to');
    const appState = parameters.get('app_state');
    const sessionId = parameters.get('session');
    const result = await startAttempt({
      ...(returnTo !== null && { returnTo }),
      ...(appState !== null && { appState }),
      ...(sessionId !== null && { sessionId }),
      isAmbiguous: repeatedParameter(parameters, PARAMETERS) !== undefined,
      cookies: event.cookies ?? [],
    });
    return result.kind === 'started' ? redirect(result.url, result.cookies) : page(event, result.outcome);
  };
}
