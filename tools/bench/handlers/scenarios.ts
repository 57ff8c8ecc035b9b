import { createHttpBrowser } from '../../../local/demo/browser/http-browser.ts';
import type { VaultWorld } from '../../../test/support/vault/vault-world.ts';

/** One kind of invocation that can be repeated. */
export interface Scenario {
  readonly name: string;
  readonly what: string;
  event(): Promise<object>;
  /** What the answer, as JSON, must look like. */
  readonly succeeded: RegExp;
}

const OK = /"statusCode":200/;
const APP_STATE = 'state-of-the-app-0123456789';

export function scenariosOf(vault: VaultWorld, connectionId: string): readonly Scenario[] {
  const http = (routeKey: string, more: object = {}) => ({
    version: '2.0',
    routeKey,
    headers: {},
    rawQueryString: '',
    ...more,
  });
  const ofConnection = (routeKey: string, more: object = {}) =>
    http(routeKey, { pathParameters: { connectionId }, ...more });
  const always = (event: object) => async () => event;
  return [
    {
      name: 'access-token',
      what: 'a vend from the cache',
      event: always(ofConnection('GET /access-tokens/{connectionId}')),
      succeeded: OK,
    },
    {
      name: 'connections',
      what: 'the status of a connection',
      event: always(ofConnection('GET /connections/{connectionId}')),
      succeeded: OK,
    },
    {
      name: 'consents',
      what: 'a consent session opened',
      event: always(
        ofConnection('POST /connections/{connectionId}/consents', {
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify({ returnTo: vault.landingUrl, appState: APP_STATE }),
        }),
      ),
      succeeded: /"statusCode":201/,
    },
    {
      name: 'authorize',
      what: 'a browser sent to Adobe',
      event: always(http('GET /authorize')),
      succeeded: /"statusCode":303/,
    },
    {
      name: 'callback',
      what: 'a browser back from Adobe: code exchanged, tokens sealed and stored',
      event: async () => http('GET /callback', await callbackOf(vault)),
      succeeded: /"statusCode":303.*connection_code/,
    },
    {
      name: 'rotate',
      what: 'a whole rotation',
      event: always({ connectionId, trigger: 'operator' }),
      succeeded: /"outcome":"rotated"/,
    },
    { name: 'reconcile', what: 'an hour with nothing overdue', event: always({}), succeeded: /"overdue":0/ },
  ];
}

/** A browser that has consented and is about to come back. */
async function callbackOf({ stack, ims, landingUrl }: VaultWorld): Promise<object> {
  ims.profile({ authorize: { automatic: { user: 'carol', decision: 'approve' } } });
  const query = new URLSearchParams({ return_to: landingUrl, app_state: APP_STATE });
  const start = await fetch(`${stack.apiUrl}/authorize?${query}`, { redirect: 'manual' });
  const cookies = start.headers.getSetCookie().map((cookie) => cookie.split(';')[0] ?? '');
  const consented = await createHttpBrowser().open(start.headers.get('location') ?? '');
  const back = consented.hops.find((hop) => new URL(hop).pathname === '/callback') ?? '';
  return { cookies, rawQueryString: new URL(back).search.slice(1), landingUrl };
}
