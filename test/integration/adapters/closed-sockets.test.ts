import { once } from 'node:events';
import { createServer } from 'node:http';
import type { Socket } from 'node:net';
import { DecryptCommand } from '@aws-sdk/client-kms';
import { afterEach, describe, expect, test, vi } from 'vitest';
import {
  createEventsClient,
  createKmsClient,
  createLambdaClient,
  createSchedulerClient,
  createSecretsClient,
} from '../../../functions/adapters/aws/clients.ts';
import { createDynamoDbClient } from '../../../functions/adapters/dynamodb/dynamodb-client.ts';
import { createEventPublisher } from '../../../functions/adapters/eventbridge/event-publisher.ts';
import { createRotator } from '../../../functions/adapters/lambda/rotator.ts';
import { createScheduleGroup } from '../../../functions/adapters/scheduler/rotation-schedules.ts';
import { readSecretJson } from '../../../functions/adapters/secrets-manager/secret-values.ts';

type Death = 'reset' | 'dropped';

/** Answers every call with the same body. What happens to open sockets while a Lambda is frozen happens here at once. */
async function startServer() {
  const open = new Set<Socket>();
  const dead = new Map<Socket, Death>();
  let waiting = 0;
  let together = 1;
  const held: (() => void)[] = [];
  const server = createServer({ keepAliveTimeout: 0 }, (request, response) => {
    request.resume();
    request.once('end', () => {
      const death = dead.get(request.socket);
      if (death === 'reset') return void request.socket.destroy();
      if (death === 'dropped') return;
      held.push(() => {
        response.writeHead(200, { 'content-type': 'application/x-amz-json-1.1' });
        response.end(BODY);
      });
      waiting += 1;
      if (waiting < together) return;
      waiting = 0;
      for (const answer of held.splice(0)) answer();
    });
  });
  server.on('connection', (socket) => {
    open.add(socket);
    socket.once('close', () => open.delete(socket));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  return {
    open,
    kill(death: Death) {
      for (const socket of open) dead.set(socket, death);
    },
    /** Holds the answers back until as many calls have come, so that each needs its own socket. */
    async answerTogether(calls: number, make: () => Promise<unknown>) {
      together = calls;
      await Promise.all(Array.from({ length: calls }, make));
      together = 1;
    },
    config: {
      endpoint: `http://127.0.0.1:${port}`,
      region: 'eu-west-1',
      credentials: { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'example' },
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
    },
  };
}

/** What each of the services may say. */
const BODY = JSON.stringify({
  outcome: 'idle',
  SecretString: '{}',
  Plaintext: 'AA==',
  Entries: [{ EventId: 'e' }],
});

type Server = Awaited<ReturnType<typeof startServer>>;

const EVENT = { id: 'e', type: 'Rotated', atMs: 0, generation: 'g', detail: {} } as never;
const ROW = { TableName: 'table', Key: { key: { S: 'a' } } };

const CALLS: Readonly<Record<string, (config: Server['config']) => () => Promise<unknown>>> = {
  'DynamoDB get': (config) => {
    const client = createDynamoDbClient({ callTimeoutMs: 400, maxAttempts: 2 }, config);
    return () => client.get(ROW);
  },
  'DynamoDB put': (config) => {
    const client = createDynamoDbClient({ callTimeoutMs: 400, maxAttempts: 2 }, config);
    return () => client.put({ TableName: 'table', Item: ROW.Key });
  },
  'DynamoDB update': (config) => {
    const client = createDynamoDbClient({ callTimeoutMs: 400, maxAttempts: 2 }, config);
    return () => client.update(ROW);
  },
  'DynamoDB delete': (config) => {
    const client = createDynamoDbClient({ callTimeoutMs: 400, maxAttempts: 2 }, config);
    return () => client.delete(ROW);
  },
  KMS: (config) => {
    const client = createKmsClient(config);
    return () => client.send(new DecryptCommand({ CiphertextBlob: new Uint8Array(1) }));
  },
  'Secrets Manager': (config) => {
    const client = createSecretsClient(config);
    return () => readSecretJson(client, 'secret');
  },
  Scheduler: (config) => {
    const group = createScheduleGroup({ client: createSchedulerClient(config), group: 'vault' });
    return () => group.restore();
  },
  EventBridge: (config) => {
    const publisher = createEventPublisher({
      client: createEventsClient(config),
      busName: 'bus',
      vaultName: 'vault',
    });
    return () => publisher.publish('c1', [EVENT]);
  },
  Lambda: (config) => {
    const rotator = createRotator({ client: createLambdaClient(config), functionArn: 'rotate' });
    return () => rotator.rotate({ connectionId: 'c1', trigger: 'schedule' }, 1_000);
  },
};
const SERVICES = Object.keys(CALLS);
const DEATHS: readonly Death[] = ['reset', 'dropped'];
const SOCKETS = 5;
/** An attempt on a dropped socket takes at least this long to fail. */
const AT_ONCE_MS = 350;

describe('Sockets that were closed while a Lambda was frozen', () => {
  afterEach(() => vi.useRealTimers());

  describe.each(DEATHS)('%s', (death) => {
    test.each(SERVICES)('%s is called on a new one at once', async (service) => {
      vi.useFakeTimers({ toFake: ['Date'] });
      await using server = await startServer();
      const call = CALLS[service]?.(server.config) ?? never;
      await server.answerTogether(SOCKETS, call);
      expect(server.open.size).toBe(SOCKETS);
      server.kill(death);
      vi.setSystemTime(Date.now() + 11_000);
      const startedAt = performance.now();
      await call();
      expect(performance.now() - startedAt).toBeLessThan(AT_ONCE_MS);
    });
  });

  test.each(SERVICES)('%s uses one socket for calls that follow each other', async (service) => {
    await using server = await startServer();
    const call = CALLS[service]?.(server.config) ?? never;
    for (let calls = 0; calls < 3; calls += 1) await call();
    expect(server.open.size).toBe(1);
  });
});

describe('Sockets that are closed within seconds', () => {
  describe.each(DEATHS)('%s', (death) => {
    test.each(['put', 'update', 'delete'] as const)(
      'an idempotent %s is repeated on a new one, however many are closed',
      async (write) => {
        await using server = await startServer();
        const client = createDynamoDbClient({ callTimeoutMs: 400, maxAttempts: 2 }, server.config);
        const calls = {
          put: () => client.put({ TableName: 'table', Item: ROW.Key }, 'idempotent'),
          update: () => client.update(ROW, 'idempotent'),
          delete: () => client.delete(ROW, 'idempotent'),
        };
        await server.answerTogether(SOCKETS, calls[write]);
        server.kill(death);
        expect(await calls[write]()).toEqual({});
      },
    );
  });
});

function never(): Promise<unknown> {
  throw new Error('There is no such service.');
}
