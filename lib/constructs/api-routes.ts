import type { FunctionName } from '../packaging/function-names.ts';

export interface ApiRoute {
  readonly method: 'GET' | 'POST' | 'DELETE';
  readonly path: string;
  readonly serves: FunctionName;
  /** `iam`: SigV4, and a statement that names method and path. */
  readonly access: 'public' | 'iam';
  /** Requests per second, for a route that needs no more. Absent: the limit in the settings. */
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

/** A separate prefix: in IAM `*` matches `/` too, and a grant on vending must not match another route. */
export const GET_ACCESS_TOKEN = iam('GET', '/access-tokens/{connectionId}', 'access-token');
/** Invalidates the tokens of every caller that uses the connection, so it is not part of vending. */
export const REVOKE_ACCESS_TOKENS = iam('DELETE', '/access-tokens/{connectionId}', 'access-token');

/** For operators: lists the ids of every tenant. */
export const LIST_CONNECTIONS = iam('GET', '/connections', 'connections');
export const GET_CONNECTION = iam('GET', '/connections/{connectionId}', 'connections');
export const DISCONNECT = iam('DELETE', '/connections/{connectionId}', 'connections');

/** For operators: rotates now, due or not. */
export const FORCE_ROTATION = iam('POST', '/connections/{connectionId}/rotations', 'connections');

/** For operators: ends every connection of one Adobe user, in all tenants. */
export const ERASE_SUBJECT = iam('POST', '/subjects/erase', 'connections');

/** For operators during a migration: imports refresh tokens of another system, under any id. */
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
