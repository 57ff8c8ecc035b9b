import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { CLIENTS_HANG_UP } from '../http/clients-hang-up.ts';
import type { Activity } from '../stack/activity.ts';
import { LocalStackError } from '../stack/local-stack-error.ts';
import { createGatewayHandler, type GatewayHandlerDeps, type HandledRequest } from './gateway-handler.ts';
import {
  commonLogTime,
  formatAccessLog,
  type GatewayAnswer,
  type GatewayRequest,
  gatewayMessage,
} from './gateway-payloads.ts';
import { decodePath } from './match-route.ts';

/** Request line and header values together; AWS does not raise it. */
const MAX_REQUEST_LINE_AND_HEADERS_BYTES = 10_240;
const MAX_BODY_BYTES = 10 * 1024 * 1024;
/** Above the gateway's own limit, so that the gateway answers and not the parser. */
const PARSER_MAX_HEADER_BYTES = 256 * 1024;

export interface HttpGatewayDeps extends GatewayHandlerDeps {
  port: number;
  nowMs(): number;
  activity: Activity;
  /** Every answer that CloudWatch counts. */
  onAnswer(answer: { apiId: string; stageName: string; status: number }): void;
  onAccessLog(line: string): void;
  onProblem(sentence: string): void;
}

export interface HttpGateway {
  start(): Promise<string>;
  stop(): Promise<void>;
}

export function createHttpGateway(deps: HttpGatewayDeps): HttpGateway {
  const { api, nowMs } = deps;
  const handle = createGatewayHandler(deps);

  const logAccess = (request: GatewayRequest, handled: HandledRequest, latencyMs: number): void => {
    if (api.accessLogFormat === undefined) return;
    deps.onAccessLog(
      formatAccessLog(api.accessLogFormat, accessVariables(deps, request, handled, latencyMs)),
    );
  };

  const serve = async (req: IncomingMessage, res: ServerResponse): Promise<void> => {
    const startedAtMs = performance.now();
    const requestId = randomUUID();
    const reply = (answer: GatewayAnswer): void => {
      deps.onAnswer({ apiId: api.apiId, stageName: api.stageName, status: answer.status });
      send(res, answer, requestId, nowMs());
    };
    if (sizeOfLineAndHeaders(req) > MAX_REQUEST_LINE_AND_HEADERS_BYTES) {
      reply(gatewayMessage(431, 'Request Header Fields Too Large'));
      return;
    }
    const body = await readBody(req);
    if (body === undefined) {
      reply(gatewayMessage(413, 'Request Entity Too Large'));
      return;
    }
    const request = toRequest(req, body, requestId, nowMs());
    if (request === undefined) {
      reply(gatewayMessage(400, 'Bad Request'));
      return;
    }
    const handled = await handle(request);
    logAccess(request, handled, performance.now() - startedAtMs);
    reply(handled.answer);
  };

  const server = createServer({ maxHeaderSize: PARSER_MAX_HEADER_BYTES, ...CLIENTS_HANG_UP }, (req, res) => {
    void deps.activity
      .during(() => serve(req, res))
      .catch((error: unknown) => {
        deps.onProblem(`The gateway failed to answer a request: ${String(error)}`);
        res.destroy();
      });
  });

  return {
    start: () => listenOnLoopback(server, deps.port),
    stop: () => closeServer(server),
  };
}

function headersOf(req: IncomingMessage): [string, string][] {
  const headers: [string, string][] = [];
  for (let index = 0; index + 1 < req.rawHeaders.length; index += 2) {
    headers.push([(req.rawHeaders[index] ?? '').toLowerCase(), req.rawHeaders[index + 1] ?? '']);
  }
  return headers;
}

function sizeOfLineAndHeaders(req: IncomingMessage): number {
  return headersOf(req).reduce(
    (bytes, [, value]) => bytes + Buffer.byteLength(value),
    Buffer.byteLength(`${req.method} ${req.url} HTTP/${req.httpVersion}`),
  );
}

/** Undefined for a body above the limit; the rest of it is read and dropped, so that the answer gets through. */
async function readBody(req: IncomingMessage): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of req) {
    bytes += (chunk as Buffer).length;
    if (bytes <= MAX_BODY_BYTES) chunks.push(chunk as Buffer);
  }
  return bytes > MAX_BODY_BYTES ? undefined : Buffer.concat(chunks);
}

function toRequest(
  req: IncomingMessage,
  body: Buffer,
  requestId: string,
  receivedAtMs: number,
): GatewayRequest | undefined {
  const target = req.url ?? '/';
  const questionMark = target.indexOf('?');
  const path = decodePath(questionMark < 0 ? target : target.slice(0, questionMark));
  if (path === undefined) return undefined;
  return {
    requestId,
    method: req.method ?? 'GET',
    target,
    path,
    rawQueryString: questionMark < 0 ? '' : target.slice(questionMark + 1),
    headers: headersOf(req),
    body,
    sourceIp: req.socket.remoteAddress ?? '127.0.0.1',
    receivedAtMs,
  };
}

function accessVariables(
  { api, place }: HttpGatewayDeps,
  request: GatewayRequest,
  handled: HandledRequest,
  latencyMs: number,
): Record<string, string | undefined> {
  const { answer, routeKey, caller, integrationLatencyMs, integrationError } = handled;
  const header = (wanted: string): string | undefined =>
    request.headers.find(([name]) => name === wanted)?.[1];
  const integrationLatency =
    integrationLatencyMs === undefined ? undefined : String(Math.round(integrationLatencyMs));
  return {
    accountId: place.accountId,
    apiId: api.apiId,
    domainName: header('host'),
    extendedRequestId: request.requestId,
    httpMethod: request.method,
    'identity.accountId': caller ? place.accountId : undefined,
    'identity.caller': caller?.accessKeyId,
    'identity.sourceIp': request.sourceIp,
    'identity.user': caller?.accessKeyId,
    'identity.userAgent': header('user-agent'),
    'identity.userArn': caller?.roleArn,
    'integration.error': integrationError,
    'integration.latency': integrationLatency,
    integrationErrorMessage: integrationError,
    integrationLatency,
    path: request.path,
    protocol: 'HTTP/1.1',
    requestId: request.requestId,
    requestTime: commonLogTime(request.receivedAtMs),
    requestTimeEpoch: String(Math.floor(request.receivedAtMs)),
    responseLatency: String(Math.round(latencyMs)),
    responseLength: String(answer.body.length),
    routeKey,
    stage: api.stageName,
    status: String(answer.status),
  };
}

function send(res: ServerResponse, answer: GatewayAnswer, requestId: string, nowMs: number): void {
  res.sendDate = false;
  res.statusCode = answer.status;
  for (const [name, value] of answer.headers) res.appendHeader(name, value);
  res.setHeader('apigw-requestid', requestId);
  res.setHeader('date', new Date(nowMs).toUTCString());
  res.setHeader('content-length', answer.body.length);
  res.end(answer.body);
}

const HOST = '127.0.0.1';
/** Connections that may wait to be accepted: thousands of callers at once are nothing to API Gateway. */
const BACKLOG = 4_096;

/** Listens on loopback; port 0 takes any free one. A port in use is a `PORT_TAKEN` error. */
export function listenOnLoopback(server: Server, port: number): Promise<string> {
  return new Promise((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) => {
      reject(
        cause.code === 'EADDRINUSE'
          ? new LocalStackError('PORT_TAKEN', `Port ${port} on ${HOST} is in use by another program.`, {
              cause,
            })
          : cause,
      );
    });
    server.listen(port, HOST, BACKLOG, () => {
      const address = server.address();
      resolve(`http://${HOST}:${typeof address === 'object' && address ? address.port : port}`);
    });
  });
}

export function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
