import type { Secret } from '../secret.ts';
import type { ConsentOutcomeKind } from './consent.ts';
import { isSuccess } from './consent-outcome.ts';

/** Where the browser goes back to: one of the settings' return URLs, with what the app sent along. */
export interface Destination {
  readonly returnUrl: string;
  readonly appState?: string;
  readonly connectionCode: Secret;
}

/** `connection_code` after a success, `error` with the outcome's name otherwise; never an id, never a token. */
export function destinationUrl(destination: Destination, kind: ConsentOutcomeKind): string {
  const url = new URL(destination.returnUrl);
  const added: [string, string][] = isSuccess(kind)
    ? [['connection_code', destination.connectionCode.reveal()]]
    : [['error', kind]];
  if (destination.appState !== undefined) added.push(['app_state', destination.appState]);
  // Appended as text: the app's own query stays byte for byte as it is in the settings.
  const query = added.map(([name, value]) => `${name}=${encodeURIComponent(value)}`).join('&');
  url.search = url.search === '' ? query : `${url.search}&${query}`;
  return url.href;
}
