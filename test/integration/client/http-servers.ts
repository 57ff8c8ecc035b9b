import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { HttpHandler } from '../../../functions/adapters/http/http-event.ts';
import { CLIENTS_HANG_UP } from '../../../local/http/clients-hang-up.ts';
import { type Signer, signatureFault } from './sigv4-check.ts';

export interface RunningServer {
  readonly url: string;
  close(): Promise<void>;
}

export async function listen(listener: RequestListener): Promise<RunningServer> {
  const server = createServer(CLIENTS_HANG_UP, listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}`, close: () => close(server) };
}

async function close(server: Server): Promise<void> {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
}

export interface Gateway extends RunningServer {
  /** Requests whose signature was right. */
  readonly served: IncomingMessage[];
  /** Why requests were refused. */
  readonly refusals: string[];
}

/** In front of a route as API Gateway with IAM authorisation is: checks the signature, hands over payload 2.0. */
export async function startGateway(
  route: HttpHandler,
  signer: Signer,
  nowMs: () => number,
): Promise<Gateway> {
  const served: IncomingMessage[] = [];
  const refusals: string[] = [];
  const running = await listen(async (request, response) => {
    const fault = signatureFault(request, signer, nowMs());
    if (fault !== undefined) {
      refusals.push(fault);
      response.writeHead(403, { 'content-type': 'application/json' });
      response.end(JSON.stringify({ message: 'Forbidden' }));
      return;
    }
    served.push(request);
    const url = new URL(request.url ?? '/', 'http://gateway');
    const [, , connectionId = ''] = url.pathname.split('/');
    const headers = Object.fromEntries(
      Object.entries(request.headers).map(([name, value]) => [name, String(value)]),
    );
    const answer = await route(
      {
        routeKey: 'GET /access-tokens/{connectionId}',
        rawQueryString: url.search.slice(1),
        headers,
        pathParameters: { connectionId: decodeURIComponent(connectionId) },
      },
      { getRemainingTimeInMillis: () => 29_000 },
    );
    response.writeHead(answer.statusCode, answer.headers);
    response.end(answer.body);
  });
  return { ...running, served, refusals };
}
