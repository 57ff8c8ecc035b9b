import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { describe, expect, it } from 'vitest';
import type { FailureRecord, InvocationResult } from '../../../local/aws/lambda-async-invocations.ts';
import { createLambdaService, type LambdaService } from '../../../local/aws/lambda-service.ts';
import { until } from '../../support/time/until.ts';
import {
  accountId,
  clientConfig,
  directoryOf,
  errorNameOf,
  region,
  roleNamed,
  START_AT_MS,
  withEndpoint,
} from './local-account.ts';

const aliasArn = `arn:aws:lambda:${region}:${accountId}:function:rotate:live`;
const invoker = roleNamed('invoker', [
  { Effect: 'Allow', Action: 'lambda:InvokeFunction', Resource: aliasArn },
]);

interface World {
  client: LambdaClient;
  service: LambdaService;
  calls: [string, string | undefined, string][];
  /** What the next invocations come to; afterwards they succeed. */
  results: InvocationResult[];
  failures: FailureRecord[];
  settle(): Promise<void>;
}

async function run(test: (world: World) => Promise<void>): Promise<void> {
  const calls: World['calls'] = [];
  const results: InvocationResult[] = [];
  const failures: FailureRecord[] = [];
  const service = createLambdaService({
    accountId,
    region,
    nowMs: () => START_AT_MS,
    exists: ({ functionName }) => functionName === 'rotate',
    async invoke(functionName, qualifier, payload) {
      calls.push([functionName, qualifier, Buffer.from(payload).toString()]);
      return results.shift() ?? { payload: '{"ok":true}' };
    },
    onFailure: (_ref, record) => failures.push(record),
  });
  const settle = async () => {
    await until(() => service.inFlight() === 0);
    await new Promise((resolve) => setImmediate(resolve));
  };
  await withEndpoint({ directory: directoryOf(invoker), services: [service] }, (url) =>
    test({ client: new LambdaClient(clientConfig(url, invoker)), service, calls, results, failures, settle }),
  );
}

const full: InvocationResult = { payload: '', throttledBy: 'account' };
const broken: InvocationResult = { payload: '{"errorType":"Error"}', functionError: 'Unhandled' };

function textOf(payload: Uint8Array | undefined) {
  return Buffer.from(payload ?? []).toString();
}

describe('the Lambda stand-in', () => {
  it('invokes by name and qualifier, by ARN, and by name with alias', () =>
    run(async ({ client, calls }) => {
      const Payload = '{"a":1}';
      for (const ref of [
        { FunctionName: 'rotate', Qualifier: 'live' },
        { FunctionName: aliasArn },
        { FunctionName: 'rotate:live' },
        { FunctionName: `${accountId}:function:rotate`, Qualifier: 'live' },
      ]) {
        const answer = await client.send(new InvokeCommand({ ...ref, Payload }));
        expect([answer.StatusCode, textOf(answer.Payload)]).toEqual([200, '{"ok":true}']);
      }
      expect(calls).toEqual(Array.from({ length: 4 }, () => ['rotate', 'live', '{"a":1}']));
    }));

  it('distinguishes a function that failed from a call that was refused', () =>
    run(async ({ client, results }) => {
      results.push(broken);
      const answer = await client.send(new InvokeCommand({ FunctionName: aliasArn }));
      expect(answer).toMatchObject({ StatusCode: 200, FunctionError: 'Unhandled' });
      expect(textOf(answer.Payload)).toBe('{"errorType":"Error"}');
    }));

  it('asks IAM about the alias and denies the bare function', () =>
    run(async ({ client, calls }) => {
      expect(await errorNameOf(client.send(new InvokeCommand({ FunctionName: 'rotate' })))).toBe(
        'AccessDeniedException',
      );
      expect(calls).toEqual([]);
    }));

  it('knows which functions there are', () =>
    run(async ({ service }) => {
      expect(() => service.invokeAsync('other', '{}')).toThrow('Function not found');
    }));

  it('refuses a payload that is not JSON', () =>
    run(async ({ client }) => {
      const invoke = new InvokeCommand({ FunctionName: aliasArn, Payload: 'no json' });
      expect(await errorNameOf(client.send(invoke))).toBe('InvalidRequestContentException');
    }));

  it('accepts an event before the function has run', () =>
    run(async ({ client, calls, settle }) => {
      const answer = await client.send(
        new InvokeCommand({ FunctionName: aliasArn, InvocationType: 'Event', Payload: '{}' }),
      );
      expect(answer.StatusCode).toBe(202);
      await settle();
      expect(calls).toHaveLength(1);
    }));

  it('tries an event again after one and after two minutes, then reports it', () =>
    run(async ({ service, calls, results, failures, settle }) => {
      results.push(broken, broken, broken);
      service.invokeAsync(aliasArn, '{"id":1}');
      expect(service.inFlight()).toBe(1);
      await settle();
      expect(service.nextDueAtMs()).toBe(START_AT_MS + 60_000);
      await service.fireDue(START_AT_MS + 59_000);
      expect(calls).toHaveLength(1);
      await service.fireDue(START_AT_MS + 60_000);
      expect(service.nextDueAtMs()).toBe(START_AT_MS + 120_000);
      await service.fireDue(START_AT_MS + 180_000);
      expect(calls).toHaveLength(3);
      expect(service.nextDueAtMs()).toBeUndefined();
      expect(failures).toMatchObject([
        {
          requestContext: { functionArn: aliasArn, condition: 'RetriesExhausted', approximateInvokeCount: 3 },
          requestPayload: { id: 1 },
          responsePayload: { errorType: 'Error' },
        },
      ]);
    }));

  it('answers a caller for whom there is no concurrency with TooManyRequestsException', () =>
    run(async ({ client, results }) => {
      // The SDK tries three times.
      results.push(full, full, full);
      const invoke = new InvokeCommand({ FunctionName: aliasArn });
      expect(await errorNameOf(client.send(invoke))).toBe('TooManyRequestsException');
    }));

  it('tries an event for which there is no concurrency again, first after a second, until it is too old', () =>
    run(async ({ service, calls, results, failures, settle }) => {
      results.push(...Array.from({ length: 60 }, () => full));
      service.invokeAsync(aliasArn, '{}');
      await settle();
      expect(service.nextDueAtMs()).toBe(START_AT_MS + 1_000);
      await service.fireDue(START_AT_MS + 1_000);
      expect(service.nextDueAtMs()).toBe(START_AT_MS + 2_000);
      results.splice(0);
      await service.fireDue(START_AT_MS + 2_000);
      expect(calls).toHaveLength(3);
      expect([service.nextDueAtMs(), failures]).toEqual([undefined, []]);
    }));

  it('gives an event up at once where no concurrency is reserved', () =>
    run(async ({ service, results, failures, settle }) => {
      results.push({ payload: '', throttledBy: 'reserved-zero' });
      service.invokeAsync(aliasArn, '{"id":1}');
      await settle();
      expect(service.nextDueAtMs()).toBeUndefined();
      expect(failures).toMatchObject([
        {
          requestContext: { condition: 'ZeroReservedConcurrency', approximateInvokeCount: 0 },
          requestPayload: { id: 1 },
        },
      ]);
    }));
});
