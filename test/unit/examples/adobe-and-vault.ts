import { vi } from 'vitest';

const VAULT = 'https://abc123.execute-api.eu-west-1.amazonaws.com';

export interface VendContext {
  readonly url: URL;
  readonly headers: Headers;
}

type Answer = () => Response;

/**
 * The network of an example: a vault that hands out `token-1`, and `token-2` once a caller reports that Adobe refused the first;
 * and Adobe, whose answers are given. Sets the environment as a grant would; import the example only then.
 */
export function withAdobe(...answers: readonly Answer[]) {
  const atVault: VendContext[] = [];
  const atAdobe: VendContext[] = [];
  const environment = {
    ADOBE_TOKEN_VAULT_URL: VAULT,
    ADOBE_TOKEN_VAULT_REGION: 'eu-west-1',
    ADOBE_TOKEN_VAULT_CLIENT_ID: 'the-client-id',
    AWS_ACCESS_KEY_ID: 'an-access-key',
    AWS_SECRET_ACCESS_KEY: 'a-secret-key',
  };
  for (const [name, value] of Object.entries(environment)) vi.stubEnv(name, value);
  vi.stubGlobal('fetch', async (target: URL | string, init: RequestInit = {}): Promise<Response> => {
    const asked = { url: new URL(target), headers: new Headers(init.headers) };
    if (asked.url.origin === VAULT) {
      atVault.push(asked);
      return vaultAnswer(asked);
    }
    const answer = answers[atAdobe.push(asked) - 1];
    if (answer === undefined) throw new Error(`The test expects no request to ${asked.url}.`);
    return answer();
  });
  return { atVault, atAdobe };
}

function vaultAnswer({ url, headers }: VendContext): Response {
  const connectionId = decodeURIComponent(url.pathname.split('/').at(-1) ?? '');
  if (connectionId !== 'acme.user-42') {
    const problem = {
      type: 'about:blank',
      title: 'Consent again.',
      status: 409,
      code: 'reauthorization_required',
    };
    return Response.json(problem, { status: problem.status });
  }
  return Response.json({
    accessToken: headers.has('x-rejected-token') ? 'token-2' : 'token-1',
    tokenType: 'Bearer',
    expiresAt: new Date(Date.now() + 3_600_000).toISOString(),
    expiresInSeconds: 3_600,
    scopes: ['openid'],
    connectionId,
  });
}

/** As Lightroom answers: guarded against being run as a script. */
export function guarded(value: unknown, status = 200) {
  return () => new Response(`while (1) {}\n${JSON.stringify(value)}`, { status });
}
