import * as dynamodb from '@aws-sdk/client-dynamodb';
import * as events from '@aws-sdk/client-eventbridge';
import * as kms from '@aws-sdk/client-kms';
import * as scheduler from '@aws-sdk/client-scheduler';
import * as secrets from '@aws-sdk/client-secrets-manager';
import type { TapedCall } from './tape.ts';

interface Client {
  send(command: object): Promise<unknown>;
}
type Command = new (input: object) => object;

interface Service {
  readonly client: Client;
  readonly commands: Readonly<Record<string, unknown>>;
}

/** The same calls by the AWS SDK and `fetch` alone, with the function's concurrency. The difference is the function's own time. */
export function createBareCalls(calls: readonly TapedCall[], adobeUrl: string): () => Promise<void> {
  const services: Readonly<Record<string, Service>> = {
    dynamodb: {
      client: new dynamodb.DynamoDBClient({ maxAttempts: 1 }) as Client,
      commands: { ...dynamodb },
    },
    events: { client: new events.EventBridgeClient({}) as Client, commands: { ...events } },
    kms: { client: new kms.KMSClient({}) as Client, commands: { ...kms } },
    scheduler: { client: new scheduler.SchedulerClient({}) as Client, commands: { ...scheduler } },
    secretsmanager: { client: new secrets.SecretsManagerClient({}) as Client, commands: { ...secrets } },
  };
  const runs = calls.map(({ service, operation, path, body }) => {
    if (service === 'adobe') return () => askAdobe(new URL(path, adobeUrl), operation, body);
    const { client, commands } = services[service] ?? {};
    const [name, input] =
      service === 'scheduler' ? scheduleOf(path, body) : [operation, revived(JSON.parse(body))];
    const type = commands?.[`${name}Command`] as Command | undefined;
    if (client === undefined || type === undefined)
      throw new Error(`No command for ${service}:${operation}.`);
    return () => client.send(new type(input));
  });
  const turns = [...new Set(calls.map(({ turn }) => turn))];
  const batches = turns.map((turn) => runs.filter((_, at) => calls[at]?.turn === turn));
  return async () => {
    for (const batch of batches) await Promise.all(batch.map((run) => run()));
  };
}

async function askAdobe(url: URL, operation: string, body: string): Promise<void> {
  const method = operation.split(' ')[0] ?? 'GET';
  const headers = { 'content-type': 'application/x-www-form-urlencoded', connection: 'close' };
  const answer = await fetch(url, { method, headers, ...(method === 'POST' && { body }) });
  await answer.text();
}

function scheduleOf(path: string, body: string): [string, object] {
  return ['CreateSchedule', { ...JSON.parse(body), Name: path.split('/')[2] ?? '' }];
}

const BLOBS = new Set(['B', 'CiphertextBlob']);

/** Base64 back to bytes. */
function revived(value: unknown, name = ''): object {
  if (BLOBS.has(name) && typeof value === 'string') return Buffer.from(value, 'base64');
  if (Array.isArray(value)) return value.map((item) => revived(item));
  if (typeof value !== 'object' || value === null) return value as object;
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, revived(member, key)]));
}
