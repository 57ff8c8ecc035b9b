import { describe, expect, test } from 'vitest';
import {
  commonLogTime,
  formatAccessLog,
  type GatewayRequest,
  readFunctionAnswer,
  toGatewayEvent,
} from '../../../local/gateway/gateway-payloads.ts';
import type { HttpApiDefinition, HttpRoute } from '../../../local/template/load-http-api.ts';

const api: HttpApiDefinition = {
  apiId: 'abc1234567',
  endpoint: 'https://abc1234567.execute-api.us-east-1.amazonaws.com',
  stackName: 'Vault',
  logicalId: 'Api',
  stageName: '$default',
  routes: [],
  throttle: {},
};

const route: HttpRoute = {
  routeKey: 'POST /sign-ins/redeem',
  authorization: 'AWS_IAM',
  integrationId: 'i',
  functionArn: 'arn:aws:lambda:us-east-1:1:function:f',
  timeoutMs: 30_000,
  throttle: {},
};

const request: GatewayRequest = {
  requestId: 'r-1',
  method: 'POST',
  target: '/sign-ins/redeem',
  path: '/sign-ins/redeem',
  rawQueryString: '',
  headers: [
    ['host', 'localhost:1'],
    ['content-type', 'application/json'],
  ],
  body: Buffer.from('{"a":1}'),
  sourceIp: '127.0.0.1',
  receivedAtMs: Date.UTC(2026, 10, 22, 3, 4, 5),
};

function eventFor(change: Partial<GatewayRequest>): object {
  return toGatewayEvent({
    api,
    accountId: '111122223333',
    request: { ...request, ...change },
    match: { route, pathParameters: {} },
    caller: undefined,
  });
}

describe('an event', () => {
  test('leaves out what the request does not have', () => {
    const event = eventFor({ body: Buffer.alloc(0) });
    expect(event).not.toHaveProperty('cookies');
    expect(event).not.toHaveProperty('queryStringParameters');
    expect(event).not.toHaveProperty('pathParameters');
    expect(event).not.toHaveProperty('body');
    expect(event).not.toHaveProperty('requestContext.authorizer');
  });

  test('takes the names that every object has for names like any other', () => {
    const event = eventFor({
      rawQueryString: 'constructor=a&__proto__=b&toString=c',
      headers: [['constructor', 'd']],
    });
    expect(JSON.parse(JSON.stringify(event))).toMatchObject({
      queryStringParameters: JSON.parse('{"constructor":"a","__proto__":"b","toString":"c"}'),
      headers: { constructor: 'd' },
    });
  });

  test('joins repeated headers and query parameters with commas and keeps cookies apart', () => {
    const event = eventFor({
      rawQueryString: 'a=1&b=%20&a=2',
      headers: [
        ['accept', 'text/html'],
        ['accept', 'text/plain'],
        ['cookie', 'a=1; b=2'],
        ['cookie', 'c=3'],
      ],
    });
    expect(event).toMatchObject({
      headers: { accept: 'text/html,text/plain' },
      queryStringParameters: { a: '1,2', b: ' ' },
      cookies: ['a=1', 'b=2', 'c=3'],
    });
    expect(event).not.toHaveProperty('headers.cookie');
  });

  test('carries text as text and anything else in base64', () => {
    expect(eventFor({})).toMatchObject({ body: '{"a":1}', isBase64Encoded: false });
    expect(
      eventFor({
        headers: [['content-type', 'application/x-www-form-urlencoded']],
        body: Buffer.from('a=1'),
      }),
    ).toMatchObject({ body: 'YT0x', isBase64Encoded: true });
  });

  test('names the IAM caller', () => {
    const caller = {
      roleName: 'reader',
      roleArn: 'arn:aws:iam::111122223333:role/reader',
      accessKeyId: 'AKIA1',
    };
    const event = toGatewayEvent({
      api,
      accountId: '111122223333',
      request,
      match: { route, pathParameters: {} },
      caller,
    });
    expect(event).toMatchObject({
      requestContext: {
        authorizer: {
          iam: { accessKey: 'AKIA1', userArn: 'arn:aws:sts::111122223333:assumed-role/reader/session' },
        },
      },
    });
  });
});

describe("a function's answer", () => {
  test('without a status code is the body of a 200', () => {
    expect(readFunctionAnswer('{"a":1}')).toEqual({
      status: 200,
      headers: [['content-type', 'application/json']],
      body: Buffer.from('{"a":1}'),
    });
  });

  test('has a header line for every cookie', () => {
    const answer = readFunctionAnswer(
      '{"statusCode":303,"headers":{"Location":"/x"},"cookies":["a=1","b=2"]}',
    );
    expect(answer).toMatchObject({ status: 303 });
    expect(answer?.headers).toEqual([
      ['content-type', 'text/plain;charset=utf-8'],
      ['location', '/x'],
      ['set-cookie', 'a=1'],
      ['set-cookie', 'b=2'],
    ]);
  });

  test('can be binary', () => {
    expect(readFunctionAnswer('{"statusCode":200,"body":"AAE=","isBase64Encoded":true}')?.body).toEqual(
      Buffer.from([0, 1]),
    );
  });

  test.each(['{"statusCode":"teapot"}', '{"statusCode":200,"body":{"a":1}}', '{"statusCode":99}'])(
    'that cannot be read is refused: %s',
    (payload) => {
      expect(readFunctionAnswer(payload)).toBeUndefined();
    },
  );
});

describe('an access log line', () => {
  test('fills in the variables of the format and marks absent ones', () => {
    expect(
      formatAccessLog('{"r":"$context.routeKey","l":"$context.integration.latency"}', { routeKey: 'GET /a' }),
    ).toBe('{"r":"GET /a","l":"-"}');
  });

  test('writes times as the common log format does', () => {
    expect(commonLogTime(request.receivedAtMs)).toBe('22/Nov/2026:03:04:05 +0000');
  });
});
