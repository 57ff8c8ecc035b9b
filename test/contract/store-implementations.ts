import { createAccessTokenStore } from '../../functions/adapters/dynamodb/access-token-store.ts';
import { createBreakerStore } from '../../functions/adapters/dynamodb/breaker-store.ts';
import { createConnectionDirectory } from '../../functions/adapters/dynamodb/connection-directory.ts';
import { createDueIndex, createSubjectIndex } from '../../functions/adapters/dynamodb/connection-indexes.ts';
import { createConnectionStore } from '../../functions/adapters/dynamodb/connection-store.ts';
import { createConsentStore } from '../../functions/adapters/dynamodb/consent-store.ts';
import type { AccessTokenStore } from '../../functions/core/ports/access-tokens.ts';
import type {
  ConnectionDirectory,
  ConnectionStore,
  DueIndex,
  SubjectIndex,
  UnknownOwners,
} from '../../functions/core/ports/connections.ts';
import type { ConsentStore } from '../../functions/core/ports/consents.ts';
import type { BreakerStore } from '../../functions/core/ports/rotation.ts';
import { createFakeAccessTokenStore } from '../support/fakes/fake-access-token-store.ts';
import { createFakeBreakerStore } from '../support/fakes/fake-breaker-store.ts';
import {
  createFakeConnectionDirectory,
  createFakeDueIndex,
  createFakeSubjectIndex,
} from '../support/fakes/fake-connection-indexes.ts';
import { createConnectionMemory, createFakeConnectionStore } from '../support/fakes/fake-connection-store.ts';
import { createFakeConsentStore } from '../support/fakes/fake-consent-store.ts';
import { createManualClock, type ManualClock } from '../support/fakes/manual-clock.ts';
import { startDynamoDb, type TestDynamoDb } from './dynamodb-tables.ts';

/** Everything that stores, empty, and the clock it was given. */
export interface Stores {
  readonly connections: ConnectionStore;
  readonly directory: ConnectionDirectory;
  readonly dueIndex: DueIndex;
  readonly subjects: SubjectIndex & UnknownOwners;
  readonly accessTokens: AccessTokenStore;
  readonly consents: ConsentStore;
  readonly breakers: BreakerStore;
  readonly clock: ManualClock;
}

export interface Implementation {
  readonly name: string;
  start(): Promise<void>;
  emptyStores(): Promise<Stores>;
  stop(): Promise<void>;
}

/** Every contract runs on each of these. */
export const IMPLEMENTATIONS: readonly Implementation[] = [inMemory(), inDynamoDb()];

function inMemory(): Implementation {
  return {
    name: 'in memory',
    start: async () => undefined,
    stop: async () => undefined,
    async emptyStores() {
      const memory = createConnectionMemory();
      const clock = createManualClock();
      return {
        connections: createFakeConnectionStore(memory),
        directory: createFakeConnectionDirectory(memory),
        dueIndex: createFakeDueIndex(memory),
        subjects: createFakeSubjectIndex(memory),
        accessTokens: createFakeAccessTokenStore(),
        consents: createFakeConsentStore({ clock }),
        breakers: createFakeBreakerStore(),
        clock,
      };
    },
  };
}

function inDynamoDb(): Implementation {
  let dynamoDb: TestDynamoDb | undefined;
  return {
    name: 'in DynamoDB',
    async start() {
      dynamoDb = await startDynamoDb();
    },
    async stop() {
      await dynamoDb?.stop();
    },
    async emptyStores() {
      if (dynamoDb === undefined) throw new Error('start() comes first.');
      const { client } = dynamoDb;
      const tables = await dynamoDb.freshTables();
      const clock = createManualClock();
      const connections = { client, tableName: tables.connections };
      const ephemeral = { client, tableName: tables.ephemeral };
      return {
        connections: createConnectionStore(connections),
        directory: createConnectionDirectory(connections),
        dueIndex: createDueIndex(connections),
        subjects: createSubjectIndex(connections),
        accessTokens: createAccessTokenStore({ client, tableName: tables.accessTokens }),
        consents: createConsentStore({ ...ephemeral, clock }),
        breakers: createBreakerStore(ephemeral),
        clock,
      };
    },
  };
}
