import type { CredentialProfile, ImsProfile } from './profile.ts';

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

export function readAuthorizationRequest(
  query: URLSearchParams,
  { credential }: ImsProfile,
): AuthorizationRequest {
  return {
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
  };
}

/** Patterns must match the whole URI. Anything else falls back to the default redirect URI, without an error. */
export function effectiveRedirectUri(requested: string | null, credential: CredentialProfile): string {
  const isRegistered =
    requested !== null &&
    URL.canParse(requested) &&
    credential.redirectUriPatterns.some((pattern) => new RegExp(`^(?:${pattern})$`).test(requested));
  return isRegistered ? requested : credential.defaultRedirectUri;
}

export function callbackUrl(
  redirectUri: string,
  parameters: Readonly<Record<string, string | null>>,
  mode: 'query' | 'fragment',
): string {
  const url = new URL(redirectUri);
  const answer = mode === 'query' ? url.searchParams : new URLSearchParams();
  for (const [name, value] of Object.entries(parameters)) {
    if (value !== null) answer.set(name, value);
  }
  if (mode === 'fragment') url.hash = answer.toString();
  return url.href;
}

/** Scopes come comma- or space-delimited, and are case-sensitive. */
export function parseScopes(text: string): string[] {
  return [...new Set(text.split(/[\s,]+/).filter((s) => s !== ''))];
}
