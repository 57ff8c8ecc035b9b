import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { closeServer, listenOnLoopback } from '../../gateway/http-gateway.ts';
import type { DemoApplicationDeps } from './application-deps.ts';
import { createLiveStream } from './live-stream.ts';
import { createRequestHandler } from './request-handler.ts';

/** What a customer of the vault would build: a page, a session, and a server that talks to the vault. */
export interface DemoApplication {
  start(): Promise<string>;
  stop(): Promise<void>;
  /** The page. */
  url(): string;
}

export function createDemoApplication(deps: DemoApplicationDeps): DemoApplication {
  let baseUrl = '';
  const live = createLiveStream(deps);
  const handle = createRequestHandler({ ...deps, live, baseUrl: () => baseUrl });
  const serve = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    try {
      await handle(request, response);
    } catch (error) {
      deps.timeline.add('app', `failed: ${error instanceof Error ? error.message : String(error)}`);
      if (!response.headersSent) response.writeHead(500, { 'content-type': 'text/plain' });
      response.end('The demo application failed. The timeline says why.');
    }
  };
  const server = createServer((request, response) => void serve(request, response));

  return {
    start: async () => {
      const { port } = new URL(await listenOnLoopback(server, deps.port));
      // Another host name than the vault's, as in real life: browsers keep the cookies of the two apart.
      baseUrl = `http://localhost:${port}`;
      return baseUrl;
    },
    stop: async () => {
      live.close();
      await closeServer(server);
    },
    url: () => baseUrl,
  };
}
