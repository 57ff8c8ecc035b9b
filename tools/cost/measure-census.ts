import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createDueIndex } from '../../functions/adapters/dynamodb/connection-indexes.ts';
import { DUE_SHARDS } from '../../functions/adapters/dynamodb/connection-item.ts';
import { createDynamoDbClient } from '../../functions/adapters/dynamodb/dynamodb-client.ts';
import { takeCensus } from '../../functions/core/reconcile/census.ts';
import { CLIENTS_HANG_UP } from '../../local/http/clients-hang-up.ts';

const PAGE_ENTRIES = 5_000;
/** Over all shards. The fastest run counts, because the machine has other work too. */
const ROUNDS = 6;

/** Processor time per entry when the real census reads full pages through the real adapter and SDK. */
export async function measureCensus(): Promise<number> {
  const page = JSON.stringify({ Items: Array.from({ length: PAGE_ENTRIES }, (_, at) => entryOf(at)) });
  const server = createServer(CLIENTS_HANG_UP, (request, response) => {
    request.resume();
    response.setHeader('content-type', 'application/x-amz-json-1.0').end(page);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  Object.assign(process.env, {
    AWS_ENDPOINT_URL: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true',
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: 'unused',
    AWS_SECRET_ACCESS_KEY: 'nothing',
  });
  const dueIndex = createDueIndex({
    client: createDynamoDbClient({ callTimeoutMs: 60_000, maxAttempts: 1 }),
    tableName: 'Connections',
  });
  let micros = Number.POSITIVE_INFINITY;
  for (let round = 0; round < ROUNDS; round += 1) {
    const before = process.cpuUsage();
    await takeCensus(dueIndex, Date.now(), { remainingMs: () => 60_000 });
    const { user, system } = process.cpuUsage(before);
    micros = Math.min(micros, user + system);
  }
  server.close();
  server.closeAllConnections();
  return micros / (DUE_SHARDS * PAGE_ENTRIES);
}

function entryOf(at: number) {
  return {
    connectionId: { S: `adobe-${String(at).padStart(26, '0')}` },
    dueShard: { N: '1' },
    dueAtMs: { N: String(1_767_225_600_000 + at) },
    refreshExpiresAtMs: { N: String(1_768_435_200_000 + at) },
    state: { S: 'active' },
    sliding: { S: 'yes' },
  };
}
