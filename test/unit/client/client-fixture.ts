import { createTokenClient, type TokenClientOptions } from '../../../client/index.ts';

export const ID = 'acme.user-42';

interface VaultCall {
  readonly url: URL;
  readonly method: string | undefined;
  readonly body: string | undefined;
  readonly headers: Headers;
  readonly signal: AbortSignal;
}

export type Answer = (call: VaultCall, number: number) => Response | Promise<Response>;

export function tokenAnswer(token: string, changes: object = {}): Response {
  return Response.json({
    accessToken: token,
    tokenType: 'Bearer',
    expiresAt: '2026-01-16T12:00:00.000Z',
    expiresInSeconds: 86_400,
    scopes: ['openid'],
    connectionId: ID,
    ...changes,
  });
}

export function problemAnswer(
  status: number,
  code: string,
  members: object = {},
  headers: Record<string, string> = {},
): Response {
  return new Response(
    JSON.stringify({
      type: `urn:adobe-token-vault:problem:${code}`,
      title: 'Title.',
      status,
      code,
      ...members,
    }),
    { status, headers: { 'content-type': 'application/problem+json', ...headers } },
  );
}

/** A client whose requests are answered in memory, with a clock that is moved by hand. */
export function clientFixture(answer: Answer, options: Partial<TokenClientOptions> = {}) {
  const calls: VaultCall[] = [];
  const clock = { nowMs: Date.UTC(2026, 0, 15, 12) };
  const client = createTokenClient({
    url: 'https://abc123.execute-api.eu-west-1.amazonaws.com',
    credentials: { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'example' },
    fetch: async (input, init) => {
      const call = {
        url: new URL(String(input)),
        method: init?.method,
        body: typeof init?.body === 'string' ? init.body : undefined,
        headers: new Headers(init?.headers),
        signal: init?.signal ?? AbortSignal.any([]),
      };
      calls.push(call);
      return answer(call, calls.length);
    },
    nowMs: () => clock.nowMs,
    random: () => 0,
    ...options,
  });
  return { client, calls, clock };
}
