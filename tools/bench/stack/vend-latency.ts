import { DynamoDBClient, GetItemCommand } from '@aws-sdk/client-dynamodb';
import { DecryptCommand, KMSClient } from '@aws-sdk/client-kms';
import { parseEnvelope } from '../../../client/sealed-token/envelope.ts';
import { type Latency, latencyOf, rounded } from '../statistics.ts';
import type { BenchWorld } from './bench-world.ts';

/** Milliseconds, all three with the same stand-ins in the same minutes. */
export interface VendLatency {
  /** Only one GetItem and one Decrypt by the AWS SDK: the least that a vend needs. */
  readonly floor: Latency;
  readonly direct: Latency;
  readonly https: Latency;
  readonly directTimesFloor: Latency;
  readonly httpsTimesFloor: Latency;
}

export async function measureVendLatency(
  world: BenchWorld,
  connectionId: string,
  { vends }: { vends: number },
): Promise<VendLatency> {
  const ways = {
    floor: await bareCalls(world, connectionId),
    direct: vendBy(world, 'direct', connectionId),
    https: vendBy(world, 'https', connectionId),
  };
  const took = { floor: [] as number[], direct: [] as number[], https: [] as number[] };
  const warmingUp = Math.ceil(vends / 5);
  // One of each in turn, so that other work on the machine affects all of them.
  for (let number = -warmingUp; number < vends; number++) {
    for (const [way, run] of Object.entries(ways)) {
      const startedAtMs = performance.now();
      await run();
      if (number >= 0) took[way as keyof typeof took].push(performance.now() - startedAtMs);
    }
  }
  const [floor, direct, https] = [latencyOf(took.floor), latencyOf(took.direct), latencyOf(took.https)];
  const times = (latency: Latency): Latency => ({
    p50: rounded(latency.p50 / floor.p50),
    p99: rounded(latency.p99 / floor.p99),
  });
  return { floor, direct, https, directTimesFloor: times(direct), httpsTimesFloor: times(https) };
}

/** No cache, so that each vend takes the whole path. */
function vendBy({ reader }: BenchWorld, way: 'direct' | 'https', connectionId: string) {
  const client = reader.newClient(way, 0);
  return () => client.getAccessToken(connectionId);
}

async function bareCalls({ vault, reader }: BenchWorld, connectionId: string): Promise<() => Promise<void>> {
  const config = {
    endpoint: vault.stack.awsEndpointUrl,
    region: 'us-east-1',
    credentials: reader.credentials,
  };
  const [dynamodb, kms] = [new DynamoDBClient(config), new KMSClient(config)];
  const read = () =>
    dynamodb.send(
      new GetItemCommand({
        TableName: reader.tableName,
        Key: { connectionId: { S: connectionId }, scopeSet: { S: '*' } },
        ConsistentRead: true,
      }),
    );
  const sealed = (await read()).Item?.sealed?.B;
  const envelope = sealed && parseEnvelope(sealed);
  if (!envelope) throw new Error(`${connectionId} has no sealed access token.`);
  return async () => {
    await read();
    await kms.send(
      new DecryptCommand({
        KeyId: reader.keyArn,
        CiphertextBlob: envelope.wrappedKey,
        EncryptionContext: { connection: connectionId, purpose: 'access', clientId: reader.clientId },
      }),
    );
  };
}
