import type { Secret } from '../secret.ts';

/** How one request for an access token ended. */
export type VendResult = VendedAccessToken | VendFailure;

export interface VendedAccessToken {
  readonly result: 'vended';
  readonly accessToken: Secret;
  readonly expiresAtMs: number;
  readonly expiresInSeconds: number;
  readonly scopes: readonly string[];
  readonly source: VendSource;
}

/** `cache`: the stored token was good enough. `renewed`: the caller waited for a rotation. */
export type VendSource = 'cache' | 'renewed';

export type VendFailure =
  /** Unknown, disconnected, or in a state that may not vend. */
  | { readonly result: 'not-found' }
  | { readonly result: 'reauthorization-required' }
  | { readonly result: 'user-action-required'; readonly jumpUrl?: string }
  | { readonly result: 'not-renewable' }
  | { readonly result: 'unavailable'; readonly reason: string; readonly retryAfterMs: number }
  | { readonly result: 'min-ttl-too-long'; readonly maximumSeconds: number }
  /** Adobe refuses a narrower token: the user's grant does not cover these scopes. */
  | { readonly result: 'scopes-not-granted'; readonly retryAfterMs: number }
  | { readonly result: 'unknown-scope-set'; readonly allowed: readonly string[] };
