import type { Secret } from '../../core/secret.ts';
import { imsEndpoints } from './ims-endpoints.ts';
import { formatScopes } from './scope-list.ts';

export interface AuthorizationRequest {
  readonly imsBaseUrl: string;
  readonly clientId: string;
  /** Exactly the value that the code exchange will repeat. */
  readonly redirectUri: string;
  readonly scopes: readonly string[];
  /** At least 128 random bits, bound to the browser. */
  readonly state: Secret | string;
  /** Required with the scope `openid`: the ID token must repeat it. */
  readonly nonce?: string;
  /** S256 of the code verifier, base64url. */
  readonly codeChallenge: string;
}

/**
 * The URL the browser is sent to.
 * @see https://www.rfc-editor.org/rfc/rfc6749#section-4.1.1
 */
export function buildAuthorizationUrl(request: AuthorizationRequest): string {
  if (request.scopes.includes('openid') && request.nonce === undefined) {
    throw new TypeError('An authorization request with the scope openid needs a nonce.');
  }
  const url = new URL(imsEndpoints(request.imsBaseUrl).authorize);
  const parameters = url.searchParams;
  parameters.set('client_id', request.clientId);
  parameters.set('redirect_uri', request.redirectUri);
  parameters.set('response_type', 'code');
  parameters.set('scope', formatScopes(request.scopes));
  parameters.set('state', typeof request.state === 'string' ? request.state : request.state.reveal());
  if (request.nonce !== undefined) parameters.set('nonce', request.nonce);
  parameters.set('code_challenge', request.codeChallenge);
  // IMS reads a missing method as `plain`.
  parameters.set('code_challenge_method', 'S256');
  return url.href;
}
