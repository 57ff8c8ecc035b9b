import { createKmsClient, createSecretsClient } from '../../../../functions/adapters/aws/clients.ts';
import {
  accessTokenFrom,
  createAccessTokenStore,
} from '../../../../functions/adapters/dynamodb/access-token-store.ts';
import { createBreakerStore } from '../../../../functions/adapters/dynamodb/breaker-store.ts';
import {
  createDueIndex,
  createSubjectIndex,
} from '../../../../functions/adapters/dynamodb/connection-indexes.ts';
import { connectionFrom } from '../../../../functions/adapters/dynamodb/connection-item.ts';
import { createConnectionStore } from '../../../../functions/adapters/dynamodb/connection-store.ts';
import { createDynamoDbClient, type Item } from '../../../../functions/adapters/dynamodb/dynamodb-client.ts';
import { createTokenOpener, createTokenSealer } from '../../../../functions/adapters/kms/token-sealing.ts';
import { createClientSecretSource } from '../../../../functions/adapters/secrets-manager/client-secret-source.ts';
import type { Connection } from '../../../../functions/core/connection/connection.ts';
import type { ClientSecretSource } from '../../../../functions/core/ports/ims.ts';
import type { AwsAnswer, AwsCall } from '../../../../local/aws/aws-call.ts';
import { createDynamoDbService } from '../../../../local/aws/dynamodb/dynamodb-service.ts';
import { createKmsService } from '../../../../local/aws/kms/kms-service.ts';
import { createSecretsManagerService } from '../../../../local/aws/secrets-manager-service.ts';
import type { FakeParts, FakeVaultBase } from '../../../support/fake-vault/fake-vault.ts';
import {
  createFakeAccessTokenStore,
  type StoredAccessToken,
} from '../../../support/fakes/fake-access-token-store.ts';
import {
  createFakeDueIndex,
  createFakeSubjectIndex,
} from '../../../support/fakes/fake-connection-indexes.ts';
import { createFakeConnectionStore } from '../../../support/fakes/fake-connection-store.ts';
import { createAwsWire, processOnWire } from './aws-wire.ts';
import { createWiredEvents } from './wired-events.ts';
import { createWiredSchedules } from './wired-schedules.ts';

const PLACE = { accountId: '111122223333', region: 'us-east-1' };
const KEY = `arn:aws:kms:${PLACE.region}:${PLACE.accountId}:key`;
const SECRET = 'client-secret';
const TABLES = { connections: 'Connections', accessTokens: 'AccessTokens', ephemeral: 'Ephemeral' };
const SECRET_CACHE_MS = 300_000;

/** The real adapters, and views of what their services hold in the place of the fakes' own. */
export function createWiredParts({ clock, memory }: FakeVaultBase) {
  const nowMs = () => clock.nowMs();
  const dynamodb = createDynamoDbService({ ...PLACE, nowMs });
  const kms = createKmsService({ keys: [{ keyArn: `${KEY}/refresh` }, { keyArn: `${KEY}/access` }] });
  const secrets = createSecretsManagerService({
    ...PLACE,
    nowMs,
    secrets: [
      { name: SECRET, secretArn: `arn:aws:secretsmanager:us-east-1:111122223333:secret:${SECRET}-AbCdEf` },
    ],
  });
  const schedules = createWiredSchedules({ ...PLACE, nowMs });
  const events = createWiredEvents({ ...PLACE, nowMs });
  const fakes = {
    connections: createFakeConnectionStore(memory),
    accessTokens: createFakeAccessTokenStore(),
  };
  const items = fakes.accessTokens.items as Map<string, StoredAccessToken>;
  const wire = { isLeft: false };

  const mirror = async ({ service, json }: AwsCall, { status }: AwsAnswer) => {
    const { TableName } = service === 'dynamodb' ? (json() as { TableName?: string }) : {};
    if (status !== 200 || TableName === undefined || wire.isLeft) return;
    if (TableName === TABLES.connections) {
      replaceAll(memory.connections, (await dynamodb.items(TableName)).map(connectionOf));
    }
    if (TableName === TABLES.accessTokens) {
      replaceAll(items, (await dynamodb.items(TableName)).map(accessTokenOf));
    }
  };
  const config = createAwsWire([dynamodb, kms, secrets, schedules.service, events.service], mirror);
  const client = createDynamoDbClient({ callTimeoutMs: 1_500, maxAttempts: 2 }, config);
  const connectionTable = { client, tableName: TABLES.connections };
  const ephemeralTable = { client, tableName: TABLES.ephemeral };
  const keys = {
    kms: createKmsClient(config),
    refreshKeyArn: `${KEY}/refresh`,
    accessKeyArn: `${KEY}/access`,
  };
  const clientSecret = createSourcePerProcess(() =>
    createClientSecretSource({
      client: createSecretsClient(config),
      secretId: SECRET,
      cacheMs: SECRET_CACHE_MS,
      clock,
    }),
  );
  const parts: Partial<FakeParts> = {
    connections: switched(
      { ...createConnectionStore(connectionTable), setClockSkewMs: never },
      fakes.connections,
      wire,
    ),
    accessTokens: switched(
      {
        ...createAccessTokenStore({ client, tableName: TABLES.accessTokens }),
        items,
        forgetEverything: never,
        sweep: never,
      },
      fakes.accessTokens,
      wire,
    ),
    breakers: { ...createBreakerStore(ephemeralTable), present: never, writes: 0 },
    clientSecret: {
      ...clientSecret,
      store(stored) {
        if (stored === 'not-configured') return;
        secrets.putSecretString(SECRET, JSON.stringify({ clientSecret: stored.current.reveal() }));
      },
      forget: never,
      fetches: 0,
    },
    ...schedules.parts(config, clock),
    events: events.publisher(config),
    sealing: {
      sealer: createTokenSealer(keys),
      opener: createTokenOpener(keys),
      openerFor: never,
      counts: { prepared: 0, sealed: 0, opened: 0 },
    },
  };
  return {
    parts,
    dueIndex: switched(createDueIndex(connectionTable), createFakeDueIndex(memory), wire),
    subjects: switched(createSubjectIndex(connectionTable), createFakeSubjectIndex(memory), wire),
    ephemeralTable,
    ready: createTables(dynamodb),
    /** What follows is not about adapters any more, and three days of it are long. */
    leaveWire() {
      wire.isLeft = true;
    },
  };
}

function never(): never {
  throw new TypeError('Over the wire there is no such switch.');
}

/** The adapter while the wire is used, and after that the fake, which knows all that was stored. */
function switched<Port extends object>(wired: Port, fake: Port, wire: { readonly isLeft: boolean }): Port {
  return new Proxy(wired, {
    get: (_, key) => Reflect.get(wire.isLeft ? fake : wired, key),
  });
}

/** Each process remembers the secret, and a read that it crashed in, for itself alone. */
function createSourcePerProcess(createSource: () => ClientSecretSource): ClientSecretSource {
  const world = {};
  const sources = new WeakMap<object, ClientSecretSource>();
  return {
    read(options) {
      const owner = processOnWire() ?? world;
      const source = sources.get(owner) ?? createSource();
      sources.set(owner, source);
      return source.read(options);
    },
  };
}

/** Leaves alone what has not changed: a watcher of the map sees only the write that was done. */
function replaceAll<Value>(map: Map<string, Value>, entries: readonly (readonly [string, Value])[]): void {
  const keys = new Set(entries.map(([key]) => key));
  for (const key of [...map.keys()]) if (!keys.has(key)) map.delete(key);
  for (const [key, value] of entries) {
    if (textOf(map.get(key)) !== textOf(value)) map.set(key, value);
  }
}

function textOf(value: unknown) {
  return JSON.stringify(value);
}

function connectionOf(item: unknown): readonly [string, Connection] {
  const connection = connectionFrom(asSdkItem(item));
  return [connection.connectionId, connection];
}

function accessTokenOf(item: unknown): readonly [string, StoredAccessToken] {
  const record = accessTokenFrom(asSdkItem(item));
  return [`${record.connectionId} ${record.scopeSet}`, { record, ttlEpochSeconds: 0 }];
}

/** On the wire bytes are Base64. */
function asSdkItem(item: unknown): Item {
  return JSON.parse(JSON.stringify(item), (name, value: unknown) =>
    name === 'B' && typeof value === 'string' ? new Uint8Array(Buffer.from(value, 'base64')) : value,
  ) as Item;
}

async function createTables(dynamodb: ReturnType<typeof createDynamoDbService>): Promise<void> {
  const text = (AttributeName: string) => ({ AttributeName, AttributeType: 'S' });
  const count = (AttributeName: string) => ({ AttributeName, AttributeType: 'N' });
  const hash = (AttributeName: string) => ({ AttributeName, KeyType: 'HASH' });
  const range = (AttributeName: string) => ({ AttributeName, KeyType: 'RANGE' });
  const Projection = { ProjectionType: 'ALL' };
  await dynamodb.createTable({
    TableName: TABLES.connections,
    KeySchema: [hash('connectionId')],
    AttributeDefinitions: [text('connectionId'), count('dueShard'), count('dueAtMs'), text('subjectKey')],
    GlobalSecondaryIndexes: [
      { IndexName: 'due', KeySchema: [hash('dueShard'), range('dueAtMs')], Projection },
      { IndexName: 'subject', KeySchema: [hash('subjectKey')], Projection },
    ],
  });
  await dynamodb.createTable({
    TableName: TABLES.accessTokens,
    KeySchema: [hash('connectionId'), range('scopeSet')],
    AttributeDefinitions: [text('connectionId'), text('scopeSet')],
  });
  await dynamodb.createTable({
    TableName: TABLES.ephemeral,
    KeySchema: [hash('key')],
    AttributeDefinitions: [text('key')],
  });
}
