import { expect, it } from 'vitest';
import { createLambdaClient } from '../../../functions/adapters/aws/clients.ts';
import { createRotator } from '../../../functions/adapters/lambda/rotator.ts';
import { type AwsReply, startAwsServer } from './aws-test-server.ts';

const functionArn = 'arn:aws:lambda:eu-west-1:111122223333:function:rotate:live';
/** A limit for hangs: no test here waits that long. */
const LONG_MS = 60_000;
const request = {
  connectionId: 'acme.user-42',
  trigger: 'vend',
  requirement: { scopeSet: '*', minTtlSeconds: 300 },
} as const;

async function withLambda(...replies: AwsReply[]) {
  const server = await startAwsServer(...replies);
  return {
    ...server,
    rotator: createRotator({ client: createLambdaClient({ ...server.config }), functionArn }),
  };
}

it('the outcome of a run is waited for', async () => {
  await using lambda = await withLambda({ body: { outcome: 'busy', retryAfterMs: 500 } });
  expect(await lambda.rotator.rotate(request, LONG_MS)).toEqual({ outcome: 'busy', retryAfterMs: 500 });
  expect(lambda.requests[0]).toMatchObject({
    operation: `POST /2015-03-31/functions/${encodeURIComponent(functionArn)}/invocations`,
    body: request,
    headers: { 'x-amz-invocation-type': 'RequestResponse' },
  });
});

it('a run that takes longer than the wait continues in the background', async () => {
  await using lambda = await withLambda('timeout');
  expect(await lambda.rotator.rotate(request, 30)).toBe('still-running');
});

it('a run that fails after the wait raises no error', async () => {
  const lambda = await withLambda('timeout');
  expect(await lambda.rotator.rotate(request, 30)).toBe('still-running');
  await lambda[Symbol.asyncDispose]();
});

it.each([
  [
    'of a function that failed',
    { 'x-amz-function-error': 'Unhandled' },
    { outcome: 'rotated' },
    'FunctionError',
  ],
  ['that is no outcome', {}, { outcome: 'won' }, 'NoOutcome'],
  ['that only a disconnect can have', {}, { outcome: 'disconnecting', retryAfterMs: 1 }, 'NoOutcome'],
  ['that only another trigger can have', {}, { outcome: 'disconnected' }, 'NoOutcome'],
  ['that is an inherited name', {}, { outcome: 'toString' }, 'NoOutcome'],
  ['that is nothing', {}, 'null', 'NoOutcome'],
  ['that is no JSON', {}, 'oops', 'NoOutcome'],
])('an answer %s is an error without its payload', async (_name, headers, body, reason) => {
  await using lambda = await withLambda({ headers: { ...headers }, body });
  const fault = await lambda.rotator.rotate(request, LONG_MS).catch((error: unknown) => error);
  expect(fault).toMatchObject({ name: 'PlatformError', code: 'ROTATOR_UNAVAILABLE', reason });
  expect(fault).not.toHaveProperty('cause');
});

it.each([
  ['AccessDeniedException', 403, 'ACCESS_DENIED'],
  ['TooManyRequestsException', 429, 'ROTATOR_UNAVAILABLE'],
  ['ServiceException', 500, 'ROTATOR_UNAVAILABLE'],
])('%s is an error', async (error, status, code) => {
  await using lambda = await withLambda({ error, status });
  await expect(lambda.rotator.rotate(request, LONG_MS)).rejects.toMatchObject({ code, reason: error });
  await expect(lambda.rotator.start(request)).rejects.toMatchObject({ code, reason: error });
});

it('a start does not wait for the run', async () => {
  await using lambda = await withLambda({ status: 202, body: '' });
  await lambda.rotator.start({ connectionId: 'acme.user-42', trigger: 'disconnect' });
  expect(lambda.requests[0]).toMatchObject({
    body: { connectionId: 'acme.user-42', trigger: 'disconnect' },
    headers: { 'x-amz-invocation-type': 'Event' },
  });
});
