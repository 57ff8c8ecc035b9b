import { readFile } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { LiveStream } from './live-stream.ts';
import { createRoutes, type Reply, type RoutesDeps } from './routes.ts';
import { createSessions } from './sessions.ts';

export interface RequestHandlerDeps extends RoutesDeps {
  readonly live: LiveStream;
}

export type RequestHandler = (request: IncomingMessage, response: ServerResponse) => Promise<void>;

const HEADERS = {
  'cache-control': 'no-store',
  'content-security-policy': [
    "default-src 'none'",
    "style-src 'self'",
    "script-src 'self'",
    "connect-src 'self'",
    'img-src data:',
    "form-action 'self'",
    "base-uri 'none'",
    "frame-ancestors 'none'",
  ].join('; '),
  // The URL that the vault returns to holds a one-time code. (`no-referrer` would also hide `Origin` from our own forms.)
  'referrer-policy': 'same-origin',
  'x-content-type-options': 'nosniff',
};
const FILES: Readonly<Record<string, string>> = {
  '/page.css': 'text/css; charset=utf-8',
  '/panels.css': 'text/css; charset=utf-8',
  '/timeline.css': 'text/css; charset=utf-8',
  '/page.js': 'text/javascript; charset=utf-8',
};

export function createRequestHandler(deps: RequestHandlerDeps): RequestHandler {
  const sessions = createSessions();
  const routes = createRoutes(deps);

  return async (request, response) => {
    const { method = 'GET', headers } = request;
    const { pathname, searchParams } = new URL(request.url ?? '/', deps.baseUrl());
    if (headers.host !== new URL(deps.baseUrl()).host) {
      redirect(response, deps.baseUrl());
      return;
    }
    if (method === 'GET' && pathname === '/live') return deps.live.open(response);
    const type = FILES[pathname];
    if (method === 'GET' && type !== undefined) return sendFile(response, pathname, type);

    const route = routes.get(`${method} ${pathname}`);
    if (!route) return send(response, 404, 'text/plain', 'There is no such page.');
    // A page elsewhere may not press this page's buttons for its user.
    if (method === 'POST' && headers.origin !== deps.baseUrl()) {
      return send(response, 403, 'text/plain', 'Only this page itself may ask for that.');
    }
    const { session, setCookie } = sessions.open(headers.cookie ?? '');
    if (setCookie !== undefined) response.setHeader('set-cookie', setCookie);
    reply(response, await route(session, searchParams));
  };
}

function reply(response: ServerResponse, answer: Reply): void {
  switch (answer.kind) {
    case 'html':
      send(response, 200, 'text/html; charset=utf-8', answer.text);
      return;
    case 'json':
      send(response, 200, 'application/json', JSON.stringify(answer.value));
      return;
    case 'redirect':
      redirect(response, answer.location);
  }
}

function send(response: ServerResponse, status: number, type: string, body: string | Buffer): void {
  response.writeHead(status, { ...HEADERS, 'content-type': type }).end(body);
}

function redirect(response: ServerResponse, location: string): void {
  response.writeHead(303, { ...HEADERS, location }).end();
}

async function sendFile(response: ServerResponse, path: string, type: string): Promise<void> {
  return send(response, 200, type, await readFile(new URL(`./public${path}`, import.meta.url)));
}
