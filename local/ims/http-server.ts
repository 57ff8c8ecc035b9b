import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { CLIENTS_HANG_UP } from '../http/clients-hang-up.ts';
import { errorAnswer, type ImsAnswer } from './answer.ts';
import { type ImsRequest, readRequest } from './request.ts';
import type { Route, RouteResult } from './routes.ts';

export interface StandInServer {
  /** After a stop, the same port is taken again. */
  start(): Promise<{ baseUrl: string }>;
  stop(): Promise<void>;
  baseUrl(): string;
  /** Requests that have arrived and are not settled yet, those of callers that have gone included. */
  inFlight(): number;
  /** Real time; ends early when the server stops or `until` aborts. */
  sleep(delayMs: number, until?: AbortSignal): Promise<void>;
}

interface StandInServerDeps {
  readonly nowMs: () => number;
  readonly port: number;
  readonly route: () => Route;
}

const loopback = '127.0.0.1';

/** The `Date` header follows the virtual clock: a client that corrects its skew by it must not undo the clock. */
function writeHead(
  response: ServerResponse,
  answer: ImsAnswer,
  nowMs: number,
  length: number | 'chunked' = Buffer.byteLength(answer.body),
): void {
  response.sendDate = false;
  response.writeHead(answer.status, {
    date: new Date(nowMs).toUTCString(),
    'cache-control': 'no-store',
    pragma: 'no-cache',
    'x-debug-id': `stand-in-${randomUUID()}`,
    ...answer.headers,
    ...(length === 'chunked' ? { 'transfer-encoding': 'chunked' } : { 'content-length': length }),
  });
}

function send(response: ServerResponse, result: RouteResult, nowMs: number): void {
  const { answer, cut, chunkBytes } = result;
  if (response.destroyed) return;
  if (cut === 'before-answer') {
    response.socket?.resetAndDestroy();
    return;
  }
  if (cut !== 'no') {
    sendPart(response, answer, cut, nowMs);
    return;
  }
  const body = Buffer.from(answer.body);
  writeHead(response, answer, nowMs, chunkBytes === undefined ? body.length : 'chunked');
  for (let from = 0; from < body.length; from += chunkBytes ?? body.length) {
    response.write(body.subarray(from, from + (chunkBytes ?? body.length)));
  }
  response.end();
}

function sendPart(
  response: ServerResponse,
  answer: ImsAnswer,
  { bytes, framing }: Exclude<RouteResult['cut'], string>,
  nowMs: number,
): void {
  const body = Buffer.from(answer.body);
  const part = body.subarray(0, bytes);
  const lengths = {
    length: body.length,
    chunked: 'chunked',
    'within-a-chunk': 'chunked',
    'too-long': body.length + 100,
    'too-short': part.length,
  } as const;
  writeHead(response, answer, nowMs, lengths[framing]);
  response.flushHeaders();
  const cut = () => response.socket?.destroy();
  if (framing === 'within-a-chunk') {
    const announced = `${(part.length + 100).toString(16)}\r\n`;
    response.socket?.write(Buffer.concat([Buffer.from(announced), part]), cut);
  } else {
    response.write(part, cut);
  }
}

async function routeSafely(
  route: Route,
  incoming: IncomingMessage,
  abandoned: AbortSignal,
): Promise<RouteResult> {
  try {
    const request: ImsRequest = await readRequest(incoming, abandoned);
    return await route(request);
  } catch (error) {
    const message = error instanceof Error ? error.message : 'unexpected failure';
    return {
      answer: errorAnswer(500, 'stand_in_failure', message),
      cut: 'no',
      successorAnswer: 'delivered',
    };
  }
}

export function createStandInServer({ nowMs, port, route }: StandInServerDeps): StandInServer {
  let boundPort: number | undefined;
  let stopping = new AbortController();
  let inFlight = 0;

  const serve = async (incoming: IncomingMessage, response: ServerResponse): Promise<void> => {
    const hangUp = new AbortController();
    const closed = new Promise<void>((resolve) => response.once('close', resolve));
    response.once('close', () => hangUp.abort());
    const result = await routeSafely(route(), incoming, hangUp.signal);
    send(response, result, nowMs());
    await closed;
    result.onSettled?.(response.writableFinished ? 'delivered' : 'lost');
  };

  const server = createServer(CLIENTS_HANG_UP, (incoming, response) => {
    inFlight += 1;
    void serve(incoming, response).finally(() => {
      inFlight -= 1;
    });
  });

  return {
    start: () =>
      new Promise((resolve, reject) => {
        stopping = new AbortController();
        server.once('error', reject);
        server.listen(boundPort ?? port, loopback, () => {
          server.off('error', reject);
          const address = server.address();
          boundPort = typeof address === 'object' && address !== null ? address.port : undefined;
          resolve({ baseUrl: `http://${loopback}:${boundPort}` });
        });
      }),

    stop: () =>
      new Promise((resolve) => {
        stopping.abort();
        server.close(() => resolve());
        server.closeAllConnections();
      }),

    baseUrl: () => {
      if (boundPort === undefined) throw new Error('Expected the stand-in to be started');
      return `http://${loopback}:${boundPort}`;
    },

    inFlight: () => inFlight,

    sleep: async (delayMs, until) => {
      const signal = until === undefined ? stopping.signal : AbortSignal.any([stopping.signal, until]);
      await delay(delayMs, undefined, { signal }).catch(() => undefined);
    },
  };
}
