import type { Context } from 'aws-lambda';
import { createDeadline } from '../core/application/deadline.ts';
import { createGuard } from '../core/application/guard/guard.ts';
import { createBreakerStore } from '../platform/dynamodb/breaker-store.ts';
import { createConnectionStore } from '../platform/dynamodb/connection-store.ts';
import { createDynamoDbClient } from '../platform/dynamodb/dynamodb-client.ts';
import { createWakeIndex } from '../platform/dynamodb/wake-index.ts';
import { parseEnv } from '../platform/env/parse-env.ts';
import { createTelemetry } from '../platform/observability/telemetry.ts';
import { createAlarmClock } from '../platform/scheduler/alarm-clock.ts';
import { createAlarmGroup } from '../platform/scheduler/alarm-group.ts';
import { createSchedulerClient } from '../platform/scheduler/scheduler-client.ts';
import { createSystemClock } from '../platform/system/system-clock.ts';
import { guardEnv } from './env.ts';
import { createGuardEvent } from './event.ts';

const env = parseEnv(guardEnv);
const clock = createSystemClock();
const client = createDynamoDbClient({ callTimeoutMs: 1_500, maxAttempts: 3 });
const scheduler = createSchedulerClient();
const connectionTable = { client, tableName: env.CONNECTIONS_TABLE };
const guard = createGuard({
  wakes: createWakeIndex(connectionTable),
  connections: createConnectionStore(connectionTable),
  breakers: createBreakerStore({ client, tableName: env.EPHEMERAL_TABLE }),
  alarms: createAlarmClock({
    client: scheduler,
    group: env.SCHEDULE_GROUP,
    roleArn: env.SCHEDULE_ROLE_ARN,
    targetArn: env.SCHEDULE_TARGET_ARN,
    deadLetterQueueArn: env.DEAD_LETTER_QUEUE_ARN,
    clock,
  }),
  alarmGroup: createAlarmGroup({ client: scheduler, group: env.SCHEDULE_GROUP }),
  clock,
  telemetry: createTelemetry(),
  settings: { maxAlarmsPerMinute: env.MAX_ALARMS_PER_MINUTE },
});
const handle = createGuardEvent({
  guard,
  startDeadline: (remainingMs) => createDeadline(clock, remainingMs),
});

export const handler = (_event: unknown, context: Context) => handle(context.getRemainingTimeInMillis());
