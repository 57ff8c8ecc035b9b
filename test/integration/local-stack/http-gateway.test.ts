import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { createAuthorizer } from '../../../local/aws/iam/authorizer.ts';
import type { IamDirectory } from '../../../local/aws/iam-directory.ts';
import { createRoleSessions } from '../../../local/aws/role-sessions.ts';
import { createSigV4Verifier } from '../../../local/aws/sigv4-verifier.ts';
import type { FunctionRuntime } from '../../../local/functions/function-runtime.ts';
import { createFunctionVersions } from '../../../local/functions/function-versions.ts';
import type { InvocationResult } from '../../../local/functions/invocation.ts';
import { createHttpGateway, type HttpGateway } from '../../../local/gateway/http-gateway.ts';
import { createActivity } from '../../../local/stack/activity.ts';
import type { FunctionDefinition } from '../../../local/template/load-functions.ts';
import type { HttpApiDefinition, HttpRoute } from '../../../local/template/load-http-api.ts';

const functionArn = 'arn:aws:lambda:us-east-1:111122223333:function:f';
const directory: IamDirectory = {
  accountId: '111122223333',
  region: 'us-east-1',
  roles: [],
  keyPolicies: new Map(),
  sessions: createRoleSessions(),
};
const virtualNowMs = Date.UTC(2031, 4, 5);

const definition: FunctionDefinition = {
  functionName: 'f',
  functionArn,
  stackName: 'Vault',
  logicalId: 'F',
  modulePath: '/none',
  handlerExport: 'handler',
  environment: {},
  timeoutSeconds: 3,
  memoryMb: 128,
  roleArn: 'arn:aws:iam::111122223333:role/f',
  logGroupArn: 'arn:aws:logs:us-east-1:123456789012:log-group:any',
  aliases: [],
  asyncSettings: new Map(),
  permissions: [
    {
      principal: 'apigateway.amazonaws.com',
      action: 'lambda:InvokeFunction',
      resourceArn: functionArn,
      sourceArn: 'arn:aws:execute-api:us-east-1:111122223333:abc/*/*/open',
    },
  ],
};

function openRoute(change: Partial<HttpRoute> = {}): HttpRoute {
  return {
    routeKey: 'ANY /open',
    authorization: 'NONE',
    integrationId: 'i',
    functionArn,
    timeoutMs: 30_000,
    throttle: {},
    ...change,
  };
}

const running: HttpGateway[] = [];
afterEach(async () => {
  await Promise.all(running.splice(0).map((gateway) => gateway.stop()));
});

interface Setting {
  route?: HttpRoute;
  port?: number;
  answer?: () => Promise<InvocationResult>;
}

function returned(payload: unknown): InvocationResult {
  return {
    outcome: 'returned',
    requestId: 'r',
    payload: JSON.stringify(payload),
  };
}

async function startGateway({ route = openRoute(), port = 0, answer }: Setting = {}) {
  const events: unknown[] = [];
  const accessLogs: string[] = [];
  const statuses: number[] = [];
  const runtime: FunctionRuntime = {
    definition,
    invoke: async ({ event }) => {
      events.push(JSON.parse(event));
      return answer ? answer() : returned({ statusCode: 204 });
    },
    kill: async () => 0,
    environments: () => 0,
    versions: createFunctionVersions([]),
    reserveConcurrency: () => undefined,
    reservedConcurrency: () => undefined,
  };
  const api: HttpApiDefinition = {
    apiId: 'abc',
    endpoint: 'https://abc.execute-api.us-east-1.amazonaws.com',
    stackName: 'Vault',
    logicalId: 'Api',
    stageName: '$default',
    routes: [route],
    throttle: {},
    accessLogFormat: '$context.routeKey $context.status',
  };
  const gateway = createHttpGateway({
    api,
    port,
    place: { accountId: '111122223333', region: 'us-east-1', partition: 'aws', urlSuffix: 'amazonaws.com' },
    authorizer: createAuthorizer(directory),
    verifySignature: createSigV4Verifier(directory, () => virtualNowMs),
    functionByArn: (arn) => (arn === functionArn ? runtime : undefined),
    nowMs: () => virtualNowMs,
    activity: createActivity(),
    onAnswer: ({ status }) => void statuses.push(status),
    onAccessLog: (line) => void accessLogs.push(line),
    onProblem: () => undefined,
  });
  running.push(gateway);
  return { url: await gateway.start(), events, accessLogs, statuses };
}

async function read(answer: Response) {
  return { status: answer.status, body: await answer.text() };
}

test('the Date header shows the time of the stack', async () => {
  const { url } = await startGateway();
  const answer = await fetch(`${url}/open`);
  expect(Date.parse(answer.headers.get('date') ?? '')).toBe(virtualNowMs);
});

test('request line and header values of 10,240 bytes pass, one more is 431', async () => {
  const { url, events } = await startGateway();
  const headers = { 'user-agent': 'u', accept: 'a', 'accept-language': 'l', 'accept-encoding': 'e' };
  const sizeOf = async (query: string): Promise<number> =>
    (await fetch(`${url}/open?q=${query}`, { headers })).status;
  let passing = 9_000;
  let failing = 10_240;
  while (failing - passing > 1) {
    const middle = Math.floor((passing + failing) / 2);
    if ((await sizeOf('x'.repeat(middle))) === 204) passing = middle;
    else failing = middle;
  }
  const [longest] = events
    .map((event) => (event as { rawQueryString: string }).rawQueryString.length)
    .sort((a, b) => b - a);
  expect(longest).toBe(passing + 'q='.length);
  expect(await read(await fetch(`${url}/open?q=${'x'.repeat(failing)}`, { headers }))).toEqual({
    status: 431,
    body: '{"message":"Request Header Fields Too Large"}',
  });
});

test('a body above 10 MB is refused', async () => {
  const { url, events } = await startGateway();
  const answer = await fetch(`${url}/open`, { method: 'POST', body: new Uint8Array(10 * 1024 * 1024 + 1) });
  expect(await read(answer)).toEqual({ status: 413, body: '{"message":"Request Entity Too Large"}' });
  expect(events).toEqual([]);
});

test('a function that does not answer in time is a 503, as is said in the access log', async () => {
  const { url, accessLogs, statuses } = await startGateway({
    route: openRoute({ timeoutMs: 50 }),
    answer: () => new Promise(() => undefined),
  });
  expect(await read(await fetch(`${url}/open`))).toEqual({
    status: 503,
    body: '{"message":"Service Unavailable"}',
  });
  expect(accessLogs).toEqual(['ANY /open 503']);
  expect(statuses, 'for CloudWatch').toEqual([503]);
});

test('a function without concurrency is a 503', async () => {
  const throttled: InvocationResult = { outcome: 'throttled', requestId: 'r', by: 'account' };
  const { url, statuses } = await startGateway({ answer: async () => throttled });
  expect((await fetch(`${url}/open`)).status).toBe(503);
  expect(statuses).toEqual([503]);
});

test('a failed function and an unreadable answer are a 500 without details', async () => {
  const failed: InvocationResult = {
    outcome: 'failed',
    requestId: 'r',
    payload: '{"errorMessage":"inner"}',
    errorType: 'Error',
  };
  const internal = { status: 500, body: '{"message":"Internal Server Error"}' };
  expect(await read(await fetch(`${(await startGateway({ answer: async () => failed })).url}/open`))).toEqual(
    internal,
  );
  const unreadable = async () => returned({ statusCode: 'none' });
  expect(await read(await fetch(`${(await startGateway({ answer: unreadable })).url}/open`))).toEqual(
    internal,
  );
});

test('a route whose function did not permit it is a 500', async () => {
  const { url, events } = await startGateway({ route: openRoute({ routeKey: 'GET /closed' }) });
  expect((await fetch(`${url}/closed`)).status).toBe(500);
  expect(events).toEqual([]);
});

test('more requests than the burst are 429', async () => {
  const { url } = await startGateway({ route: openRoute({ throttle: { rateLimit: 0.001, burstLimit: 2 } }) });
  const statuses = [];
  for (let index = 0; index < 3; index += 1) statuses.push((await fetch(`${url}/open`)).status);
  expect(statuses).toEqual([204, 204, 429]);
});

test('malformed percent-encoding is a bad request', async () => {
  const { url } = await startGateway();
  expect((await fetch(`${url}/%zz`)).status).toBe(400);
});

test('a port in use is distinguished from other failures', async () => {
  const other = createServer();
  await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
  const { port } = other.address() as AddressInfo;
  await expect(startGateway({ port })).rejects.toMatchObject({ code: 'PORT_TAKEN' });
  await new Promise((resolve) => other.close(resolve));
});
