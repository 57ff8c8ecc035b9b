import { rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Item } from '../../../local/aws/dynamodb/table-schema.ts';
import { createVirtualClock } from '../../../local/clock/virtual-clock.ts';
import { createLocalStack, type LocalStack } from '../../../local/stack/local-stack.ts';
import { synthesiseFixture } from '../../support/local-stack/fixture-app.ts';
import { signedFetch } from '../../support/local-stack/signed-fetch.ts';
import { listen } from '../client/http-servers.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

let stack: LocalStack;

let cdkOut: string;

beforeAll(async () => {
  cdkOut = await synthesiseFixture();
  stack = createLocalStack({
    cdkOut,
    clock: createVirtualClock(),
    hosts: { 'https://app.example.com': 'http://127.0.0.1:4999' },
    tickMs: 0,
  });
  await stack.start();
});

afterAll(async () => {
  await stack.stop();
  rmSync(dirname(cdkOut), { recursive: true });
  expect(stack.problems()).toEqual([]);
});

async function attributesOf(noteId: string): Promise<Item | undefined> {
  const tableName = stack.functions.get('Heartbeat').definition.environment.TABLE_NAME ?? '';
  return (await stack.dynamodb.items(tableName)).find((item) => item.noteId?.S === noteId);
}

async function numberIn(noteId: string, attribute: string): Promise<number> {
  return Number((await attributesOf(noteId))?.[attribute]?.N ?? 0);
}

function putNote(noteId: string, role: string): Promise<Response> {
  return signedFetch(`${stack.apiUrl}/notes/${noteId}`, {
    method: 'PUT',
    credentials: stack.iam.credentialsOf(role),
    nowMs: stack.clock.nowMs(),
  });
}

function consumerRole(): string {
  return stack.functions.get('Consumer').definition.roleArn;
}

describe('routes', () => {
  test('a public route reaches its function with the event of payload format 2.0', async () => {
    const answer = await fetch(`${stack.apiUrl}/echo?a=1&a=2`, { headers: { cookie: 'x=1; y=2' } });
    expect(answer.status).toBe(200);
    expect(answer.headers.getSetCookie()).toEqual(['a=1; Path=/', 'b=2; Path=/']);
    expect(await answer.json()).toMatchObject({
      event: {
        version: '2.0',
        routeKey: 'GET /echo',
        rawPath: '/echo',
        rawQueryString: 'a=1&a=2',
        queryStringParameters: { a: '1,2' },
        cookies: ['x=1', 'y=2'],
        isBase64Encoded: false,
        requestContext: { stage: '$default', http: { method: 'GET', path: '/echo' } },
      },
    });
  });

  test('a function sees its own environment only, with outside addresses rewritten', async () => {
    const answer = await fetch(`${stack.apiUrl}/echo`);
    const { env } = (await answer.json()) as { env: Record<string, string> };
    expect(env.APP_URL).toBe('http://127.0.0.1:4999/return');
    expect(env.AWS_ENDPOINT_URL).toBe(stack.awsEndpointUrl);
    expect(env).not.toHaveProperty('PATH');
    expect(env).not.toHaveProperty('VITEST');
  });

  test('an IAM route answers the role that may call it, and the function can use its table, key and worker', async () => {
    const answer = await putNote('acme.1', consumerRole());
    expect(await answer.json()).toMatchObject({ noteId: 'acme.1', worker: { answered: 'acme.1' } });
    expect(await attributesOf('acme.1')).toBeDefined();
  });

  test('an IAM route is forbidden for another tenant, for another role and without a signature', async () => {
    expect((await putNote('other.1', consumerRole())).status).toBe(403);
    expect((await putNote('acme.1', stack.functions.get('Worker').definition.roleArn)).status).toBe(403);
    const unsigned = await fetch(`${stack.apiUrl}/notes/acme.1`, { method: 'PUT' });
    expect(unsigned.status).toBe(403);
    expect(await unsigned.json()).toEqual({ message: 'Forbidden' });
  });

  test('a path without a route is not found', async () => {
    const answer = await fetch(`${stack.apiUrl}/nowhere`);
    expect(answer.status).toBe(404);
    expect(await answer.json()).toEqual({ message: 'Not Found' });
  });

  test('a request line and headers above 10,240 bytes are refused before any function runs', async () => {
    const answer = await fetch(`${stack.apiUrl}/echo?q=${'x'.repeat(10_300)}`);
    expect(answer.status).toBe(431);
  });

  test('the access log holds the lines of the template and no query', async () => {
    await fetch(`${stack.apiUrl}/echo?secret=visible`);
    const line = stack.accessLogs().at(-1) ?? '';
    expect(JSON.parse(line)).toMatchObject({ route: 'GET /echo', status: '200' });
    expect(stack.accessLogs().join()).not.toContain('visible');
  });
});

test('a second stack on the same port fails with an error that names the port', async () => {
  const second = createLocalStack({ cdkOut, portOf: () => Number(new URL(stack.apiUrl).port) });
  await expect(second.start()).rejects.toMatchObject({ code: 'PORT_TAKEN' });
  expect(() => second.apiUrl).toThrow(expect.objectContaining({ code: 'NOT_STARTED' }));
});

describe('functions', () => {
  test('an invocation answers the payload and names the alias it came by', async () => {
    const { payload } = await stack.invoke('Worker:live', { ask: 'why' });
    expect(payload).toMatchObject({ answered: 'why', arn: expect.stringMatching(/:function:[^:]+:live$/) });
  });

  test('a thrown error is reported as Lambda reports it', async () => {
    expect(await stack.invoke('Worker', { fail: 'no such luck' })).toMatchObject({
      functionError: 'Unhandled',
      payload: { errorType: 'RangeError', errorMessage: 'no such luck' },
    });
    expect(stack.logs.search({ contains: 'no such luck' })).not.toEqual([]);
  });

  test('a function that runs too long is ended, and the next invocation gets a fresh one', async () => {
    const { payload, functionError } = await stack.invoke('Worker', { sleepMs: 60_000 });
    expect(functionError).toBe('Unhandled');
    expect(payload).toMatchObject({
      errorMessage: expect.stringContaining('Task timed out after 3.00 seconds'),
    });
    expect(await stack.invoke('Worker', { ask: 'again' })).toMatchObject({ payload: { answered: 'again' } });
  });

  test('a function that exits is reported, and the next invocation works', async () => {
    expect(await stack.invoke('Worker', { exit: true })).toMatchObject({
      functionError: 'Unhandled',
      payload: { errorType: 'Runtime.ExitError' },
    });
    expect(await stack.invoke('Worker', { ask: 'again' })).not.toHaveProperty('functionError');
  });

  test('a worker can be killed in the middle of its work', async () => {
    const answer = stack.invoke('Worker', { log: 'working', sleepMs: 2_500 });
    await new Promise<void>((resolve) => {
      const stop = stack.logs.onLine(({ text }) => {
        if (text !== 'working') return;
        stop();
        resolve();
      });
    });
    expect(await stack.kill('Worker')).toBeGreaterThan(0);
    expect(await answer).toMatchObject({
      functionError: 'Unhandled',
      payload: { errorType: 'Runtime.ExitError' },
    });
    expect(await stack.invoke('Worker', { ask: 'again' })).not.toHaveProperty('functionError');
  });

  test('log lines are there when the answer is, parsed when they are JSON', async () => {
    await stack.invoke('Worker', { log: '{"level":"INFO","marker":"m1"}' });
    expect(stack.logs.search({ contains: 'm1' })).toMatchObject([{ json: { level: 'INFO', marker: 'm1' } }]);
  });

  test('sleeps through node:timers/promises can be shortened', async () => {
    stack.clock.scaleSleeps(0.01);
    const { payload } = await stack.invoke('Worker', { sleepMs: 10_000 });
    stack.clock.scaleSleeps(1);
    expect(payload).toMatchObject({ sleptMs: expect.any(Number) });
  });

  test('a deadline does not pass while the stand-ins have no turn: a busy machine times nothing out', async () => {
    const { close, url } = await listen((_request, response) => {
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1_500);
      response.end();
    });
    expect(await stack.invoke('Worker', { fetch: url, timeoutMs: 600 })).toMatchObject({
      payload: { fetched: 200 },
    });
    await close();
  });

  test('a deadline passes when a stand-in has its turns and says nothing', async () => {
    const { close, url } = await listen(() => undefined);
    expect(await stack.invoke('Worker', { fetch: url, timeoutMs: 150 })).toMatchObject({
      payload: { fetched: 'TimeoutError' },
    });
    await close();
  });

  test('parallel invocations run in environments of their own', async () => {
    const answers = await Promise.all(
      Array.from({ length: 8 }, (_, index) => stack.invoke('Worker', { ask: `${index}` })),
    );
    expect(answers.map(({ payload }) => payload)).toMatchObject(
      Array.from({ length: 8 }, (_, index) => ({ answered: `${index}` })),
    );
    expect(stack.functions.get('Worker').environments()).toBeLessThanOrEqual(6);
  });
});

describe('asynchronous invocations', () => {
  test('a failing one is tried again after a minute and ends in the dead-letter queue', async () => {
    const lambda = new LambdaClient({
      region: 'us-east-1',
      endpoint: stack.awsEndpointUrl,
      credentials: stack.credentialsOf('NotesRole'),
    });
    const FunctionName = stack.functions.get('Notes').definition.environment.WORKER_ARN ?? '';
    const Payload = JSON.stringify({ log: 'tried', fail: 'every time' });
    const { StatusCode } = await lambda.send(
      new InvokeCommand({ FunctionName, InvocationType: 'Event', Payload }),
    );
    expect(StatusCode).toBe(202);
    await stack.time.whenIdle();
    expect(stack.logs.search({ contains: 'tried' })).toHaveLength(1);
    await stack.time.advanceBy(2 * 60_000);
    expect(stack.logs.search({ contains: 'tried' })).toHaveLength(2);
    const [message] = [...stack.queues.values()].flatMap((queue) => queue.messages());
    expect(JSON.parse(message?.body ?? '{}')).toMatchObject({
      requestContext: { condition: 'RetriesExhausted', approximateInvokeCount: 2 },
      requestPayload: { fail: 'every time' },
      responsePayload: { errorType: 'RangeError' },
    });
  });
});

describe('secrets', () => {
  test('a secret without a value is missing until the operator fills it', async () => {
    const secret = stack.functions.get('Echo').definition.environment.SECRET_ARN;
    expect(await stack.invoke('Worker', { secret })).toMatchObject({
      payload: { secret: 'ResourceNotFoundException' },
    });
    stack.secrets.put('EmptySecret', 'filled');
    expect(await stack.invoke('Worker', { secret })).toMatchObject({ payload: { secret: 'filled' } });
  });
});

describe('the consumer in the second stack', () => {
  test('reads and opens what its tenant owns', async () => {
    await putNote('acme.2', consumerRole());
    expect(await stack.invoke('Consumer', { noteId: 'acme.2' })).toEqual({ payload: { keyBytes: 32 } });
  });

  test('is denied the item of another tenant, and the denial is recorded', async () => {
    expect(await stack.invoke('Consumer', { noteId: 'other.1' })).toMatchObject({
      functionError: 'Unhandled',
      payload: { errorType: 'AccessDeniedException' },
    });
    expect(stack.iam.denied()).toContainEqual(
      expect.objectContaining({ request: expect.objectContaining({ action: 'dynamodb:GetItem' }) }),
    );
  });

  test('its outputs and environment point at the local gateway', () => {
    expect(stack.outputs.FixtureConsumer?.ConsumerApiUrl).toBe(stack.apiUrl);
  });
});

describe('time', () => {
  test('functions, signatures and Date headers follow a jump of a week', async () => {
    await stack.time.advanceBy(7 * DAY_MS);
    const answer = await fetch(`${stack.apiUrl}/echo`);
    const { now } = (await answer.json()) as { now: number };
    expect(Math.abs(now - stack.clock.nowMs())).toBeLessThan(60_000);
    expect(Math.abs(Date.parse(answer.headers.get('date') ?? '') - stack.clock.nowMs())).toBeLessThan(60_000);
    expect((await putNote('acme.later', consumerRole())).status).toBe(200);
  });

  test('the hourly schedule of the template fires once an hour', async () => {
    const before = await numberIn('beats', 'beats');
    await stack.time.advanceBy(10 * HOUR_MS);
    expect((await numberIn('beats', 'beats')) - before).toBe(10);
  });

  test('a schedule that a function creates fires at its time', async () => {
    const atMs = Math.ceil((stack.clock.nowMs() + 90 * 60_000) / 1000) * 1000;
    const answer = await stack.invoke('Worker', { alarmAt: new Date(atMs).toISOString().slice(0, 19) });
    expect(answer).not.toHaveProperty('functionError');
    await stack.time.advanceBy(60 * 60_000);
    expect(await attributesOf('schedules')).toBeUndefined();
    await stack.time.advanceBy(60 * 60_000);
    const firedAtMs = await numberIn('schedules', 'lastAtMs');
    expect(firedAtMs).toBeGreaterThanOrEqual(atMs);
    expect(firedAtMs).toBeLessThan(atMs + 60_000);
  });

  test('a published event reaches the function whose rule matches it', async () => {
    await stack.invoke('Worker', { publish: 'Ignored' });
    await stack.invoke('Worker', { publish: 'Kept' });
    await stack.time.whenIdle();
    expect(await numberIn('events', 'beats')).toBe(1);
    expect(stack.events.published().map((event) => event['detail-type'])).toEqual(['Ignored', 'Kept']);
  });
});
