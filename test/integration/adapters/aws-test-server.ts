import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import { expect } from 'vitest';
import { CLIENTS_HANG_UP } from '../../../local/http/clients-hang-up.ts';

/** A call as an AWS service would see it. `operation` is `x-amz-target`'s last part, or method and path. */
export interface AwsRequest {
  readonly operation: string;
  readonly body: Record<string, unknown>;
  readonly headers: IncomingMessage['headers'];
}

export type AwsReply =
  | { readonly body?: unknown; readonly status?: number; readonly headers?: Record<string, string> }
  | { readonly error: string; readonly status?: number }
  | 'timeout'
  | 'cut';

/**
 * A real HTTP server in the place of one AWS service. Replies are used up in order; the last one is repeated only when
 * it stands alone. Disposing of it fails the test when a reply was left over.
 */
export async function startAwsServer(...replies: AwsReply[]) {
  const requests: AwsRequest[] = [];
  const queue = [...replies];
  const server = createServer(CLIENTS_HANG_UP, async (incoming, outgoing) => {
    const content = await text(incoming);
    requests.push({
      operation: operationOf(incoming),
      body: content === '' ? {} : JSON.parse(content),
      headers: incoming.headers,
    });
    const reply = replies.length === 1 ? replies[0] : queue.shift();
    if (reply === 'cut' || reply === undefined) incoming.socket.destroy();
    else if (reply !== 'timeout') send(outgoing, reply);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('No port.');
  return {
    requests,
    config: {
      endpoint: `http://127.0.0.1:${address.port}`,
      region: 'eu-west-1',
      credentials: { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'example' },
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      if (replies.length > 1) expect(queue, 'replies that no request used').toEqual([]);
    },
  };
}

function operationOf({ headers, method, url }: IncomingMessage): string {
  const target = headers['x-amz-target'];
  return typeof target === 'string' ? (target.split('.').at(-1) ?? target) : `${method} ${url}`;
}

function send(outgoing: ServerResponse, reply: Exclude<AwsReply, string>): void {
  if ('error' in reply) {
    // JSON services read `__type`, REST services the header.
    const headers = { 'content-type': 'application/json', 'x-amzn-errortype': reply.error };
    outgoing.writeHead(reply.status ?? 400, headers);
    outgoing.end(JSON.stringify({ __type: reply.error, message: 'as scripted' }));
    return;
  }
  outgoing.writeHead(reply.status ?? 200, { 'content-type': 'application/json', ...reply.headers });
  outgoing.end(typeof reply.body === 'string' ? reply.body : JSON.stringify(reply.body ?? {}));
}
