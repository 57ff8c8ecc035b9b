import type { Caller } from '../aws/aws-call.ts';
import type { HttpApiDefinition } from '../template/load-http-api.ts';
import { isRecord } from '../template/template.ts';
import type { RouteMatch } from './match-route.ts';

/** A request as it came in over the wire. Header names are lower case; repeated headers keep their order. */
export interface GatewayRequest {
  requestId: string;
  method: string;
  /** Path and query, percent-encoded. */
  target: string;
  path: string;
  rawQueryString: string;
  headers: [name: string, value: string][];
  body: Buffer;
  sourceIp: string;
  receivedAtMs: number;
}

const TEXT_TYPES = /^(text\/|application\/(json|javascript|xml)\b|application\/[^;]+\+(json|xml)\b)/i;

function joined(pairs: Iterable<[string, string]>): Record<string, string> {
  // Without a prototype: a header or parameter may be called `constructor`.
  const record: Record<string, string> = Object.create(null);
  for (const [name, value] of pairs) {
    const before = record[name];
    record[name] = before === undefined ? value : `${before},${value}`;
  }
  return record;
}

function cookiesOf(headers: GatewayRequest['headers']): string[] {
  return headers
    .filter(([name]) => name === 'cookie')
    .flatMap(([, value]) => value.split(';'))
    .map((cookie) => cookie.trim())
    .filter((cookie) => cookie !== '');
}

function bodyOf(body: Buffer, contentType: string): { body?: string; isBase64Encoded: boolean } {
  if (body.length === 0) return { isBase64Encoded: false };
  const isText = TEXT_TYPES.test(contentType);
  return { body: body.toString(isText ? 'utf8' : 'base64'), isBase64Encoded: !isText };
}

function iamAuthorizer(caller: Caller, accountId: string): object {
  return {
    iam: {
      accessKey: caller.accessKeyId,
      accountId,
      callerId: `${caller.accessKeyId}:session`,
      cognitoIdentity: null,
      principalOrgId: null,
      userArn: `${caller.roleArn.replace(':iam:', ':sts:').replace(':role/', ':assumed-role/')}/session`,
      userId: `${caller.accessKeyId}:session`,
    },
  };
}

function requestContext(deps: GatewayEventInput): object {
  const { api, accountId, request, match, caller } = deps;
  const headers = joined(request.headers);
  const domainName = headers.host ?? '';
  return {
    accountId,
    apiId: api.apiId,
    ...(caller === undefined ? {} : { authorizer: iamAuthorizer(caller, accountId) }),
    domainName,
    domainPrefix: domainName.split('.')[0] ?? '',
    http: {
      method: request.method,
      path: request.path,
      protocol: 'HTTP/1.1',
      sourceIp: request.sourceIp,
      userAgent: headers['user-agent'] ?? '',
    },
    requestId: request.requestId,
    routeKey: match.route.routeKey,
    stage: api.stageName,
    time: commonLogTime(request.receivedAtMs),
    timeEpoch: Math.floor(request.receivedAtMs),
  };
}

export interface GatewayEventInput {
  api: HttpApiDefinition;
  accountId: string;
  request: GatewayRequest;
  match: RouteMatch;
  caller: Caller | undefined;
}

/**
 * The event in payload format 2.0. Empty parts are left out, as AWS does.
 * @see https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
 */
export function toGatewayEvent(input: GatewayEventInput): object {
  const { request, match } = input;
  const headers = joined(request.headers.filter(([name]) => name !== 'cookie'));
  const cookies = cookiesOf(request.headers);
  const query = joined(new URLSearchParams(request.rawQueryString));
  return {
    version: '2.0',
    routeKey: match.route.routeKey,
    rawPath: request.path,
    rawQueryString: request.rawQueryString,
    ...(cookies.length > 0 ? { cookies } : {}),
    headers: {
      ...headers,
      'x-forwarded-for': request.sourceIp,
      'x-forwarded-port': '443',
      'x-forwarded-proto': 'https',
    },
    ...(Object.keys(query).length > 0 ? { queryStringParameters: query } : {}),
    requestContext: requestContext(input),
    ...(Object.keys(match.pathParameters).length > 0 ? { pathParameters: match.pathParameters } : {}),
    ...bodyOf(request.body, headers['content-type'] ?? ''),
  };
}

export interface GatewayAnswer {
  status: number;
  headers: [name: string, value: string][];
  body: Buffer;
}

/** An answer of the gateway's own: a status and `{"message": …}`. */
export function gatewayMessage(status: number, message: string): GatewayAnswer {
  return {
    status,
    headers: [['content-type', 'application/json']],
    body: Buffer.from(JSON.stringify({ message })),
  };
}

function withDefaultType(headers: [string, string][]): [string, string][] {
  return headers.some(([name]) => name === 'content-type')
    ? headers
    : [['content-type', 'text/plain;charset=utf-8'], ...headers];
}

function setCookies(cookies: unknown): [string, string][] {
  return Array.isArray(cookies) ? cookies.map((cookie) => ['set-cookie', String(cookie)]) : [];
}

/**
 * A function's return value as an HTTP answer. Without `statusCode` the whole value is the body of a 200; undefined
 * means that the value cannot be read, which the gateway answers with a 500.
 */
export function readFunctionAnswer(payload: string): GatewayAnswer | undefined {
  const value: unknown = JSON.parse(payload);
  if (!isRecord(value) || value.statusCode === undefined) {
    const text = typeof value === 'string' ? value : payload;
    return { status: 200, headers: [['content-type', 'application/json']], body: Buffer.from(text) };
  }
  const status = Number(value.statusCode);
  const { headers = {}, body = '', isBase64Encoded, cookies } = value;
  if (
    !Number.isInteger(status) ||
    status < 200 ||
    status > 599 ||
    typeof body !== 'string' ||
    !isRecord(headers)
  ) {
    return undefined;
  }
  const plain = Object.entries(headers).map(([name, text]): [string, string] => [
    name.toLowerCase(),
    String(text),
  ]);
  return {
    status,
    headers: withDefaultType([...plain, ...setCookies(cookies)]),
    body: Buffer.from(body, isBase64Encoded === true ? 'base64' : 'utf8'),
  };
}

/** Writes a line in the template's own format: `$context.…` variables, `-` where a value is absent. */
export function formatAccessLog(format: string, variables: Record<string, string | undefined>): string {
  return format.replaceAll(/\$context\.([A-Za-z0-9_.]+)/g, (_whole, name: string) => variables[name] ?? '-');
}

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** `22/Nov/2026:03:04:05 +0000`, the common log format that `$context.requestTime` uses. */
export function commonLogTime(atMs: number): string {
  const at = new Date(atMs);
  const two = (value: number): string => String(value).padStart(2, '0');
  const day = `${two(at.getUTCDate())}/${MONTHS[at.getUTCMonth()]}/${at.getUTCFullYear()}`;
  return `${day}:${two(at.getUTCHours())}:${two(at.getUTCMinutes())}:${two(at.getUTCSeconds())} +0000`;
}
