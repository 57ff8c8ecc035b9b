import type { Context } from 'aws-lambda';
import { createDeadline } from '../core/application/deadline.ts';
import { createResealConnection } from '../core/application/reseal/reseal-connection.ts';
import { createRotate } from '../core/application/rotation/rotate.ts';
import { createScopeSets } from '../core/application/vending/scope-sets.ts';
import { createAccessTokenStore } from '../platform/dynamodb/access-token-store.ts';
import { createBreakerStore } from '../platform/dynamodb/breaker-store.ts';
import { createConnectionStore } from '../platform/dynamodb/connection-store.ts';
import { createDynamoDbClient } from '../platform/dynamodb/dynamodb-client.ts';
import { createSubjectIndex } from '../platform/dynamodb/subject-index.ts';
import { parseEnv } from '../platform/env/parse-env.ts';
import { createEventPublisher } from '../platform/eventbridge/event-publisher.ts';
import { createEventsClient } from '../platform/eventbridge/events-client.ts';
import { createIms } from '../platform/ims/ims.ts';
import { createKmsClient } from '../platform/kms/kms-client.ts';
import { createFormerKeyOpener, createTokenOpener } from '../platform/kms/token-opener.ts';
import { createTokenSealer } from '../platform/kms/token-sealer.ts';
import { createTelemetry } from '../platform/observability/telemetry.ts';
import { createAlarmClock } from '../platform/scheduler/alarm-clock.ts';
import { createParking } from '../platform/scheduler/parking.ts';
import { createSchedulerClient } from '../platform/scheduler/scheduler-client.ts';
import { createClientSecretSource } from '../platform/secrets-manager/client-secret-source.ts';
import { createSecretsClient } from '../platform/secrets-manager/secrets-client.ts';
import { createSystemClock } from '../platform/system/system-clock.ts';
import { createSystemRandom } from '../platform/system/system-random.ts';
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
  alarms: createAlarmClock(schedules),
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

export const handler = (event: unknown, context: Context) =>
  handle(event, { remainingMs: context.getRemainingTimeInMillis(), invokedArn: context.invokedFunctionArn });
