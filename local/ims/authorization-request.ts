import type { ImsProfile } from './profile.ts';
import { effectiveRedirectUri } from './redirect-uri.ts';
import { parseScopes } from './scopes.ts';

export interface AuthorizationRequest {
  readonly clientId: string | null;
  readonly responseType: string;
  readonly responseMode: 'query' | 'fragment';
  readonly requestedRedirectUri: string | null;
  /** Where the answer really goes. */
  readonly redirectUri: string;
  readonly scopes: readonly string[];
  readonly state: string | null;
  readonly nonce: string | null;
  readonly prompt: readonly string[];
  readonly codeChallenge: string | null;
  /** IMS defaults to `plain`. */
  readonly codeChallengeMethod: string;
}

export const readAuthorizationRequest = (
  query: URLSearchParams,
  { credential }: ImsProfile,
): AuthorizationRequest => ({
  clientId: query.get('client_id'),
  responseType: query.get('response_type') ?? 'code',
  responseMode: query.get('response_mode') === 'fragment' ? 'fragment' : 'query',
  requestedRedirectUri: query.get('redirect_uri'),
  redirectUri: effectiveRedirectUri(query.get('redirect_uri'), credential),
  scopes: parseScopes(query.get('scope') ?? 'openid'),
  state: query.get('state'),
  nonce: query.get('nonce'),
  prompt: parseScopes(query.get('prompt') ?? ''),
  codeChallenge: query.get('code_challenge'),
  codeChallengeMethod: query.get('code_challenge_method') ?? 'plain',
});
