import { REJECTED_TOKEN_HEADER } from './contract.ts';
import type { TokenRequest, TokenSource } from './token-source.ts';
import { processAccessTokenAnswer } from './vault-answer.ts';
import type { CallVault } from './vault-http.ts';

/** Access tokens from the vault itself: it refreshes them, and knows why there is none. */
export function createVaultSource(callVault: CallVault): TokenSource {
  return {
    obtain: (request, signal) => {
      const { connectionId, rejectedDigest } = request;
      return callVault(
        {
          method: 'GET',
          path: `/access-tokens/${connectionId}`,
          query: queryOf(request),
          ...(rejectedDigest !== undefined && { headers: { [REJECTED_TOKEN_HEADER]: rejectedDigest } }),
        },
        (answer, sentAtMs) => processAccessTokenAnswer(answer, connectionId, sentAtMs),
        signal,
      );
    },
  };
}

function queryOf({ minTtlSeconds, scopeSet }: TokenRequest): string {
  const query = [
    minTtlSeconds === undefined ? [] : [`min_ttl=${minTtlSeconds}`],
    // Not URLSearchParams: it writes a space as `+`, which SigV4 does not.
    scopeSet === undefined ? [] : [`scopes=${encodeURIComponent(scopeSet)}`],
  ].flat();
  return query.join('&');
}
