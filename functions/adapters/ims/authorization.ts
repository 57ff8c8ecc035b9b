import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import * as oauth from 'oauth4webapi';
import { defined } from '../../core/defined.ts';
import type { AuthorizationResponse } from '../../core/ports/ims.ts';
import { Secret } from '../../core/secret.ts';
import { imsEndpoints } from './ims-endpoints.ts';
import { formatScopes } from './token-claims.ts';

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

export interface ExpectedAuthorizationResponse {
  readonly state: string;
  /** Acceptable values of `iss` (RFC 9207), if IMS ever sends it. */
  readonly issuers: readonly string[];
}

type Invalid =
  | 'duplicate-parameter'
  | 'state'
  | 'issuer'
  | 'missing-code'
  /** Implicit, hybrid or JARM parameters: never requested. */
  | 'unsupported';

const SINGLE_PARAMETERS = ['state', 'iss', 'error', 'error_description', 'code'];
/** RFC 6749 §4.1.2.1: printable ASCII without `"` and `\`. */
const ERROR_TEXT = /^[\x20\x21\x23-\x5B\x5D-\x7E]+$/;

/**
 * Reads the callback's parameters: state first, then `iss`, and only then `error`.
 * @see https://www.rfc-editor.org/rfc/rfc6749#section-4.1.2
 * @see https://www.rfc-editor.org/rfc/rfc9207#section-2.4
 */
export function readAuthorizationResponse(
  parameters: URLSearchParams,
  expected: ExpectedAuthorizationResponse,
): AuthorizationResponse {
  if (SINGLE_PARAMETERS.some((name) => parameters.getAll(name).length > 1)) {
    return invalid('duplicate-parameter');
  }
  if (!sameText(parameters.get('state') ?? '', expected.state)) return invalid('state');
  const issuer = parameters.get('iss') ?? expected.issuers[0] ?? '';
  if (!expected.issuers.includes(issuer)) return invalid('issuer');
  return readValidated(parameters, expected.state, issuer);
}

function readValidated(parameters: URLSearchParams, state: string, issuer: string): AuthorizationResponse {
  try {
    const accepted = oauth.validateAuthResponse({ issuer }, { client_id: 'any' }, parameters, state);
    const code = accepted.get('code');
    return code ? { kind: 'code', code: new Secret(code) } : invalid('missing-code');
  } catch (error) {
    if (!(error instanceof oauth.AuthorizationResponseError)) return invalid('unsupported');
    return defined({
      kind: 'error',
      error: errorText(error.error, 128) ?? 'unreadable_error',
      description: errorText(error.error_description, 256),
    });
  }
}

const invalid = (reason: Invalid): AuthorizationResponse => ({
  kind: 'invalid',
  reason,
});

const errorText = (text: string | undefined, maxLength: number): string | undefined =>
  text !== undefined && text.length <= maxLength && ERROR_TEXT.test(text) ? text : undefined;

/** Constant time, whatever the lengths. An expected state is never empty, so a missing one never matches. */
function sameText(one: string, other: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return other !== '' && timingSafeEqual(digest(one), digest(other));
}

export interface Pkce {
  readonly verifier: Secret;
  readonly challenge: string;
}

/**
 * A code verifier of 256 random bits and its S256 challenge.
 * @see https://www.rfc-editor.org/rfc/rfc7636#section-4.1
 */
export function createPkce(): Pkce {
  const verifier = randomBytes(32).toString('base64url');
  return {
    verifier: new Secret(verifier),
    challenge: createHash('sha256').update(verifier, 'ascii').digest('base64url'),
  };
}
