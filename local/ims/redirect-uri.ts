import type { CredentialProfile } from './profile.ts';

/** Patterns must match the whole URI. Anything else falls back to the default redirect URI, without an error. */
export const effectiveRedirectUri = (requested: string | null, credential: CredentialProfile): string => {
  const isRegistered =
    requested !== null &&
    URL.canParse(requested) &&
    credential.redirectUriPatterns.some((pattern) => new RegExp(`^(?:${pattern})$`).test(requested));
  return isRegistered ? requested : credential.defaultRedirectUri;
};

export const callbackUrl = (
  redirectUri: string,
  parameters: Readonly<Record<string, string | null>>,
  mode: 'query' | 'fragment',
): string => {
  const url = new URL(redirectUri);
  const answer = mode === 'query' ? url.searchParams : new URLSearchParams();
  for (const [name, value] of Object.entries(parameters)) {
    if (value !== null) answer.set(name, value);
  }
  if (mode === 'fragment') url.hash = answer.toString();
  return url.href;
};
