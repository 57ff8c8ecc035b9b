import { setTimeout as sleep } from 'node:timers/promises';
import { DynamoDBClient, GetItemCommand, PutItemCommand, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { EventBridgeClient, PutEventsCommand } from '@aws-sdk/client-eventbridge';
import { DecryptCommand, GenerateDataKeyCommand, KMSClient } from '@aws-sdk/client-kms';
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { CreateScheduleCommand, SchedulerClient } from '@aws-sdk/client-scheduler';
import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';

/** The functions of the fixture app. They are bundled as one asset, so each is an export of the same module. */

interface HttpEvent {
  routeKey: string;
  pathParameters?: Record<string, string>;
}

function env(name: string): string {
  return process.env[name] ?? '';
}

function json(body: unknown, extra: object = {}): object {
  return {
    statusCode: 200,
    body: JSON.stringify(body),
    ...extra,
  };
}

/** Public: shows what it was called with and which environment it has. */
export async function echo(event: HttpEvent): Promise<object> {
  return json({ event, env: process.env, now: Date.now() }, { cookies: ['a=1; Path=/', 'b=2; Path=/'] });
}

/** IAM: stores a note under the id in the path, sealed by a data key, and asks the worker about it. */
export async function notes(event: HttpEvent): Promise<object> {
  const noteId = event.pathParameters?.noteId ?? '';
  const dataKey = await new KMSClient({}).send(
    new GenerateDataKeyCommand({
      KeyId: env('KEY_ARN'),
      KeySpec: 'AES_256',
      EncryptionContext: { note: noteId },
    }),
  );
  await new DynamoDBClient({}).send(
    new PutItemCommand({
      TableName: env('TABLE_NAME'),
      Item: { noteId: { S: noteId }, sealed: { B: dataKey.CiphertextBlob ?? new Uint8Array() } },
    }),
  );
  const answer = await new LambdaClient({}).send(
    new InvokeCommand({ FunctionName: env('WORKER_ARN'), Payload: JSON.stringify({ ask: noteId }) }),
  );
  const worker = JSON.parse(Buffer.from(answer.Payload ?? []).toString());
  return json({ noteId, worker, functionError: answer.FunctionError });
}

interface WorkerEvent {
  ask?: string;
  fail?: string;
  sleepMs?: number;
  exit?: boolean;
  log?: string;
  alarmAt?: string;
  secret?: string;
  /** Reads another table than its own. */
  trespass?: boolean;
  publish?: string;
  /** Fetches it, and gives up after `timeoutMs`. */
  fetch?: string;
  timeoutMs?: number;
}

interface Context {
  invokedFunctionArn: string;
  awsRequestId: string;
  getRemainingTimeInMillis(): number;
}

/** Does whatever its event asks. */
export async function worker(event: WorkerEvent, context: Context): Promise<unknown> {
  if (event.log !== undefined) process.stdout.write(`${event.log}\n`);
  if (event.fail !== undefined) throw new RangeError(event.fail);
  if (event.exit) process.exit(3);
  const startedAtMs = performance.now();
  if (event.sleepMs !== undefined) await sleep(event.sleepMs);
  const sleptMs = performance.now() - startedAtMs;
  if (event.alarmAt !== undefined) await createAlarm(event.alarmAt);
  if (event.publish !== undefined) await publish(event.publish);
  const fetched = event.fetch === undefined ? undefined : await statusOf(event.fetch, event.timeoutMs ?? 0);
  const secret = event.secret === undefined ? undefined : await readSecret(event.secret);
  return {
    answered: event.ask,
    arn: context.invokedFunctionArn,
    remainingMs: context.getRemainingTimeInMillis(),
    sleptMs,
    fetched,
    secret,
  };
}

async function statusOf(url: string, timeoutMs: number): Promise<unknown> {
  try {
    return (await fetch(url, { signal: AbortSignal.timeout(timeoutMs) })).status;
  } catch (error) {
    return error instanceof Error ? error.name : 'unknown';
  }
}

function createAlarm(at: string): Promise<unknown> {
  return new SchedulerClient({}).send(
    new CreateScheduleCommand({
      Name: `alarm-${at.replaceAll(/\W/g, '')}`,
      GroupName: env('GROUP_NAME'),
      ScheduleExpression: `at(${at})`,
      FlexibleTimeWindow: { Mode: 'OFF' },
      ActionAfterCompletion: 'DELETE',
      Target: { Arn: env('HEARTBEAT_ARN'), RoleArn: env('SCHEDULER_ROLE_ARN'), Input: '{"schedule":true}' },
    }),
  );
}

function publish(detailType: string): Promise<unknown> {
  return new EventBridgeClient({}).send(
    new PutEventsCommand({
      Entries: [{ Source: 'fixture', DetailType: detailType, Detail: '{"kept":true}' }],
    }),
  );
}

async function readSecret(secretId: string): Promise<string> {
  try {
    const { SecretString } = await new SecretsManagerClient({}).send(
      new GetSecretValueCommand({ SecretId: secretId }),
    );
    return SecretString ?? '';
  } catch (error) {
    return error instanceof Error ? error.name : 'unknown';
  }
}

const heartbeatTable = new DynamoDBClient({});

/** Counts its own calls in the table. */
export async function heartbeat(event: { schedule?: boolean; source?: string }): Promise<void> {
  const counter = event.schedule ? 'schedules' : event.source ? 'events' : 'beats';
  await heartbeatTable.send(
    new UpdateItemCommand({
      TableName: env('TABLE_NAME'),
      Key: { noteId: { S: counter } },
      UpdateExpression: 'ADD beats :one SET lastAtMs = :now',
      ExpressionAttributeValues: { ':one': { N: '1' }, ':now': { N: String(Date.now()) } },
    }),
  );
}

/** Of the other stack: reads a note of its own tenant and opens its seal. */
export async function consumer(event: { noteId: string }): Promise<unknown> {
  const { Item } = await new DynamoDBClient({}).send(
    new GetItemCommand({ TableName: env('TABLE_NAME'), Key: { noteId: { S: event.noteId } } }),
  );
  const opened = await new KMSClient({}).send(
    new DecryptCommand({
      CiphertextBlob: Item?.sealed?.B ?? new Uint8Array(),
      EncryptionContext: { note: event.noteId },
    }),
  );
  return { keyBytes: opened.Plaintext?.length };
}
