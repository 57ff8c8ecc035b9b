import type { Caller } from '../aws/aws-call.ts';
import { commonLogTime } from './access-log.ts';
import type { HttpApiDefinition } from './load-http-api.ts';
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
