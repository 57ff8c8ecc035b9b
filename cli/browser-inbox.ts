import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { BrowserInbox } from './cli-world.ts';

const HEADERS = {
  'content-type': 'text/plain; charset=utf-8',
  'cache-control': 'no-store',
  // The address holds a one-time code.
  'referrer-policy': 'no-referrer',
  connection: 'close',
};

/**
 * Listens at a return URL of this machine until the browser comes back, or the signal. `undefined` when something else listens
 * there.
 */
export async function receiveAt(
  returnTo: URL,
  isMeant: (arrived: URL) => boolean,
  signal: AbortSignal,
): Promise<BrowserInbox | undefined> {
  let resolve: (arrived: URL | undefined) => void = () => undefined;
  const arrived = new Promise<URL | undefined>((settle) => {
    resolve = settle;
  });
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', returnTo);
    const meant = request.method === 'GET' && url.pathname === returnTo.pathname && isMeant(url);
    answer(response, meant);
    if (meant) resolve(url);
  });
  const host = returnTo.hostname.replace(/^\[|\]$/g, '');
  try {
    server.listen({ port: Number(returnTo.port || 80), host, signal });
    await once(server, 'listening');
  } catch {
    return undefined;
  }
  signal.addEventListener('abort', () => resolve(undefined), { once: true });
  return { arrived };
}

function answer(response: ServerResponse, meant: boolean): void {
  response.writeHead(meant ? 200 : 404, HEADERS);
  response.end(
    meant ? 'Signed in. Go back to the terminal.' : 'This is not the address of the present sign-in.',
  );
}
