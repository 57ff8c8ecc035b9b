import type { Context } from 'aws-lambda';
import {
  createEventsClient,
  createKmsClient,
  createSchedulerClient,
  createSecretsClient,
} from '../adapters/aws/clients.ts';
import { createAccessTokenStore } from '../adapters/dynamodb/access-token-store.ts';
import { createBreakerStore } from '../adapters/dynamodb/breaker-store.ts';
import { createSubjectIndex } from '../adapters/dynamodb/connection-indexes.ts';
import { createConnectionStore } from '../adapters/dynamodb/connection-store.ts';
import { createDynamoDbClient } from '../adapters/dynamodb/dynamodb-client.ts';
import { parseEnv } from '../adapters/env/parse-env.ts';
import { createEventPublisher } from '../adapters/eventbridge/event-publisher.ts';
import { createIms } from '../adapters/ims/ims-client.ts';
import {
  createFormerKeyOpener,
  createTokenOpener,
  createTokenSealer,
} from '../adapters/kms/token-sealing.ts';
import { createTelemetry, withRequestId } from '../adapters/observability/telemetry.ts';
import { createParking } from '../adapters/scheduler/parking.ts';
import { createRotationSchedules } from '../adapters/scheduler/rotation-schedules.ts';
import { createClientSecretSource } from '../adapters/secrets-manager/client-secret-source.ts';
import { createSystemClock, createSystemRandom } from '../adapters/system/clock-and-random.ts';
import { createScopeSets } from '../core/access-tokens/scope-sets.ts';
import { createDeadline } from '../core/deadline.ts';
import { createResealConnection } from '../core/reseal/reseal-connection.ts';
import { createRotate } from '../core/rotation/rotate-connection.ts';
import { rotateEnv } from './env.ts';
import { createRotateEvent } from './event.ts';

const SECRET_CACHE_MS = 300_000;

const env = parseEnv(rotateEnv);
const clock = createSystemClock();
const client = createDynamoDbClient({ callTimeoutMs: 1_500, maxAttempts: 2 });
const connectionTable = { client, tableName: env.CONNECTIONS_TABLE };
const keys = {
  kms: createKmsClient(),
  refreshKeyArn: env.REFRESH_KEY_ARN,
  accessKeyArn: env.ACCESS_KEY_ARN,
  formerRefreshKeyArns: env.FORMER_REFRESH_KEY_ARNS,
  formerAccessKeyArns: env.FORMER_ACCESS_KEY_ARNS,
};
const schedules = {
  client: createSchedulerClient(),
  group: env.SCHEDULE_GROUP,
  roleArn: env.SCHEDULE_ROLE_ARN,
  targetArn: env.SCHEDULE_TARGET_ARN,
  deadLetterQueueArn: env.DEAD_LETTER_QUEUE_ARN,
  clock,
};
const connections = createConnectionStore(connectionTable);
const sealer = createTokenSealer(keys);
const telemetry = createTelemetry();
const rotate = createRotate({
  connections,
  accessTokens: createAccessTokenStore({ client, tableName: env.ACCESS_TOKENS_TABLE }),
  subjects: createSubjectIndex(connectionTable),
  breakers: createBreakerStore({ client, tableName: env.EPHEMERAL_TABLE }),
  sealer,
  opener: createTokenOpener(keys),
  ims: createIms({ imsBaseUrl: env.IMS_BASE_URL, clientId: env.CLIENT_ID, clock }),
  clientSecret: createClientSecretSource({
    client: createSecretsClient(),
    secretId: env.CLIENT_SECRET_ID,
    cacheMs: SECRET_CACHE_MS,
    clock,
  }),
  schedules: createRotationSchedules(schedules),
  parking: createParking(schedules),
  events: createEventPublisher({
    client: createEventsClient(),
    busName: env.EVENT_BUS_NAME,
    vaultName: env.VAULT_NAME,
  }),
  clock,
  random: createSystemRandom(),
  telemetry,
  settings: {
    clientId: env.CLIENT_ID,
    scopeSets: createScopeSets(env.SCOPE_SETS).all,
    revocationScope: env.REVOCATION_SCOPE,
  },
});
const reseal = createResealConnection({
  connections,
  sealer,
  former: createFormerKeyOpener(keys),
  clock,
  telemetry,
});
const handle = createRotateEvent({
  rotate,
  reseal,
  startDeadline: (remainingMs) => createDeadline(clock, remainingMs),
  scheduleTargetArn: env.SCHEDULE_TARGET_ARN,
  canaryConnectionId: env.CANARY_CONNECTION_ID,
});

export const handler = withRequestId(telemetry, (event: unknown, context: Context) =>
  handle(event, { remainingMs: context.getRemainingTimeInMillis(), invokedArn: context.invokedFunctionArn }),
);
