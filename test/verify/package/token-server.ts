import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { AccessTokenResponse, ProblemDocument } from '../../../client/contract.ts';
import { CLIENTS_HANG_UP } from '../../../local/http/clients-hang-up.ts';

export interface TokenServer {
  /** What a grant would have put into the environment of a consumer of this vault. */
  readonly environment: Readonly<Record<string, string>>;
  close(): Promise<void>;
}

/** Answers as a vault that knows one connection. */
export async function startTokenServer(connectionId: string): Promise<TokenServer> {
  const answer: AccessTokenResponse = {
    accessToken: `token-of-${connectionId}`,
    tokenType: 'Bearer',
    expiresAt: new Date(Date.now() + 3_600_000).toISOString(),
    expiresInSeconds: 3_600,
    scopes: ['openid'],
    connectionId,
  };
  const problem: ProblemDocument = {
    type: 'about:blank',
    title: 'There is no such connection.',
    status: 404,
    code: 'connection_not_found',
  };
  const server = createServer(CLIENTS_HANG_UP, ({ url = '' }, response) => {
    const known = url.startsWith(`/access-tokens/${connectionId}`);
    response.writeHead(known ? 200 : problem.status, { 'content-type': 'application/json' });
    response.end(JSON.stringify(known ? answer : problem));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    environment: {
      ADOBE_TOKEN_VAULT_URL: `http://127.0.0.1:${port}`,
      AWS_REGION: 'eu-west-1',
      AWS_ACCESS_KEY_ID: 'an-access-key',
      AWS_SECRET_ACCESS_KEY: 'a-secret-key',
    },
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
}
