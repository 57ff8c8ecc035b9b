import type { Secret } from '../secret.ts';

/** Adobe's authorization endpoint, as the browser meets it (RFC 6749 §4.1.1, §4.1.2; RFC 7636). Pure: no network. */
export interface AuthorizationEndpoint {
  createPkce(): { readonly verifier: Secret; readonly challenge: string };
  /** The URL the browser is sent to. */
  urlFor(request: AuthorizationRequestParameters): string;
  /** Judges what came back: state first, then `iss`, and only then `error`. */
  readResponse(parameters: URLSearchParams, expectedState: string): AuthorizationResponse;
}

export interface AuthorizationRequestParameters {
  readonly scopes: readonly string[];
  readonly state: string;
  /** Required with the scope `openid`. */
  readonly nonce?: string;
  readonly codeChallenge: string;
}

export type AuthorizationResponse =
  | { readonly kind: 'code'; readonly code: Secret }
  | { readonly kind: 'error'; readonly error: string }
  /** Not an answer to our request: it must change nothing. */
  | { readonly kind: 'invalid'; readonly reason: string };
