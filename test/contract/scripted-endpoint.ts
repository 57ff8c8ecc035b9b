import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { CLIENTS_HANG_UP } from '../../local/http/clients-hang-up.ts';

/** A loopback endpoint that misbehaves by a script, to test how the vault's client handles it. */
export interface ScriptedEndpoint {
  readonly url: string;
  /** The operations asked for, in order. */
  readonly operations: readonly string[];
  /** How the next requests are answered, in order; the last one repeats. */
  script(...steps: readonly WireStep[]): void;
  stop(): Promise<void>;
}

export type WireStep = (request: IncomingMessage, response: ServerResponse) => void;

export const reset: WireStep = (request) => void request.socket.destroy();
export const noResponse: WireStep = () => undefined;
export const halfAnAnswer: WireStep = (_, response) => {
  response.writeHead(200, { 'content-type': 'application/x-amz-json-1.0', 'content-length': '1000' });
  response.write('{"Item":');
};

export function answer(status: number, body: object, headers: Record<string, string> = {}): WireStep {
  return (_, response) => {
    response.writeHead(status, { 'content-type': 'application/x-amz-json-1.0', ...headers });
    response.end(JSON.stringify(body));
  };
}

export function refusal(name: string, headers: Record<string, string> = {}): WireStep {
  return answer(400, { __type: `com.amazonaws.dynamodb.v20120810#${name}`, message: 'said so' }, headers);
}

export async function startScriptedEndpoint(): Promise<ScriptedEndpoint> {
  const operations: string[] = [];
  let steps: WireStep[] = [];
  const server = createServer(CLIENTS_HANG_UP, (request, response) => {
    operations.push(String(request.headers['x-amz-target']).replace(/^.*\./, ''));
    request.resume();
    request.once('end', () => {
      const step = steps.length > 1 ? steps.shift() : steps[0];
      step?.(request, response);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    operations,
    script(...next) {
      steps = [...next];
    },
    async stop() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
