import type { Context } from 'aws-lambda';
import { createSchedulerClient } from '../adapters/aws/clients.ts';
import { createBreakerStore } from '../adapters/dynamodb/breaker-store.ts';
import { createDueIndex } from '../adapters/dynamodb/connection-indexes.ts';
import { createConnectionStore } from '../adapters/dynamodb/connection-store.ts';
import { createDynamoDbClient } from '../adapters/dynamodb/dynamodb-client.ts';
import { parseEnv } from '../adapters/env/parse-env.ts';
import { createTelemetry, withRequestId } from '../adapters/observability/telemetry.ts';
import { createRotationSchedules, createScheduleGroup } from '../adapters/scheduler/rotation-schedules.ts';
import { createSystemClock } from '../adapters/system/clock-and-random.ts';
import { createDeadline } from '../core/deadline.ts';
import { createReconcile } from '../core/reconcile/reconcile.ts';
import { reconcileEnv } from './env.ts';
import { createReconcileEvent } from './event.ts';

const env = parseEnv(reconcileEnv);
const clock = createSystemClock();
const telemetry = createTelemetry();
const client = createDynamoDbClient({ callTimeoutMs: 1_500, maxAttempts: 3 });
const scheduler = createSchedulerClient();
const connectionTable = { client, tableName: env.CONNECTIONS_TABLE };
const reconcile = createReconcile({
  dueIndex: createDueIndex(connectionTable),
  connections: createConnectionStore(connectionTable),
  breakers: createBreakerStore({ client, tableName: env.EPHEMERAL_TABLE }),
  schedules: createRotationSchedules({
    client: scheduler,
    group: env.SCHEDULE_GROUP,
    roleArn: env.SCHEDULE_ROLE_ARN,
    targetArn: env.SCHEDULE_TARGET_ARN,
    deadLetterQueueArn: env.DEAD_LETTER_QUEUE_ARN,
    clock,
  }),
  scheduleGroup: createScheduleGroup({ client: scheduler, group: env.SCHEDULE_GROUP }),
  clock,
  telemetry,
  settings: { maxSchedulesPerMinute: env.MAX_SCHEDULES_PER_MINUTE },
});
const handle = createReconcileEvent({
  reconcile,
  startDeadline: (remainingMs) => createDeadline(clock, remainingMs),
});

export const handler = withRequestId(telemetry, (_event: unknown, context: Context) =>
  handle(context.getRemainingTimeInMillis()),
);
