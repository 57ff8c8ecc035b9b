import { createTokenClient, isVaultError } from '../../../client/index.ts';

const DIRECT = createTokenClient();
const HTTPS_ONLY = createTokenClient({ directRead: false });

export interface PooledRequest {
  /** Absent: act for no tenant. */
  readonly tenant?: string;
  readonly connectionIds: readonly string[];
  readonly route: 'direct' | 'https';
}

/** What became of each connection: `token`, or the error. */
export async function handler({ tenant, connectionIds, route }: PooledRequest) {
  const vault = route === 'https' ? HTTPS_ONLY : DIRECT;
  const client = tenant === undefined ? vault : vault.forTenant(tenant);
  const [connectionId = '', ...more] = connectionIds;
  try {
    if (more.length === 0) return { [connectionId]: outcomeOf(await client.getAccessToken(connectionId)) };
    const results = await client.getAccessTokens(connectionIds);
    return Object.fromEntries(
      [...results].map(([id, { token, error }]) => [id, token ? outcomeOf(token) : wordsOf(error)]),
    );
  } catch (error) {
    return { [connectionId]: wordsOf(error) };
  }
}

/** Never the token. */
function outcomeOf({ scopes }: { readonly scopes: readonly string[] }): string {
  return scopes.length > 0 ? 'token' : 'a token without scopes';
}

function wordsOf(error: unknown): object {
  if (!isVaultError(error)) throw error;
  const { name, code, message } = error;
  return { name, code, message, ...(error.code === 'access_denied' && { tenant: error.tenant }) };
}
