import type { AccessToken } from './access-token.ts';

/** Where access tokens come from when the client does not hold one. Throws `VaultError`. */
export interface TokenSource {
  obtain(request: TokenRequest, signal: AbortSignal): Promise<AccessToken>;
}

export interface TokenRequest {
  readonly connectionId: string;
  /** Sorted and space-delimited; absent = everything granted. */
  readonly scopeSet?: string;
  readonly minTtlSeconds?: number;
  /** Names a token that an Adobe API refused. */
  readonly rejectedDigest?: string;
}
