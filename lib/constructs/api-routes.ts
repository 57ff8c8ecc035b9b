import type { FunctionName } from '../packaging/function-names.ts';

export interface ApiRoute {
  readonly method: 'GET' | 'POST' | 'DELETE';
  readonly path: string;
  readonly serves: FunctionName;
  /** `iam`: SigV4, and a statement that names method and path. */
  readonly access: 'public' | 'iam';
  /** Requests per second of a route that nobody needs faster; absent: what the settings say. */
  readonly limit?: { readonly ratePerSecond: number; readonly burst: number };
}

function iam(method: ApiRoute['method'], path: string, serves: FunctionName): ApiRoute {
  return {
    method,
    path,
    serves,
    access: 'iam',
  };
}

export const AUTHORIZE: ApiRoute = {
  method: 'GET',
  path: '/authorize',
  serves: 'authorize',
  access: 'public',
};
export const CALLBACK: ApiRoute = { method: 'GET', path: '/callback', serves: 'callback', access: 'public' };

export const OPEN_CONSENT = iam('POST', '/connections/{connectionId}/consents', 'consents');
export const REDEEM_CONSENT = iam('POST', '/connections/{connectionId}/consents/redeem', 'consents');
export const REDEEM_SIGN_IN = iam('POST', '/sign-ins/redeem', 'consents');

/** A prefix of its own: in IAM `*` crosses `/`, so that a grant on vending must not reach any other route. */
export const GET_ACCESS_TOKEN = iam('GET', '/access-tokens/{connectionId}', 'access-token');
/** Takes the token from everybody who uses the connection: not part of vending. */
export const REVOKE_ACCESS_TOKENS = iam('DELETE', '/access-tokens/{connectionId}', 'access-token');

/** Shows every tenant's ids: for operators. */
export const LIST_CONNECTIONS = iam('GET', '/connections', 'connections');
export const GET_CONNECTION = iam('GET', '/connections/{connectionId}', 'connections');
export const DISCONNECT = iam('DELETE', '/connections/{connectionId}', 'connections');

/** Rotates now, whatever is due: for operators. */
export const FORCE_ROTATION = iam('POST', '/connections/{connectionId}/rotations', 'connections');

/** Ends every connection of one person, whatever the tenant: for operators. */
export const ERASE_SUBJECT = iam('POST', '/subjects/erase', 'connections');

/** Brings in refresh tokens of another system, under any id: for operators, while they migrate. */
export const IMPORT_TOKENS: ApiRoute = {
  ...iam('POST', '/imports', 'import'),
  limit: { ratePerSecond: 2, burst: 4 },
};

export const API_ROUTES: readonly ApiRoute[] = [
  AUTHORIZE,
  CALLBACK,
  OPEN_CONSENT,
  REDEEM_CONSENT,
  REDEEM_SIGN_IN,
  GET_ACCESS_TOKEN,
  REVOKE_ACCESS_TOKENS,
  LIST_CONNECTIONS,
  GET_CONNECTION,
  DISCONNECT,
  FORCE_ROTATION,
  ERASE_SUBJECT,
  IMPORT_TOKENS,
];
