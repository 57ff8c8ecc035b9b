import { createOpenConsent } from '../core/application/consent/open-consent.ts';
import { createRedeemCode } from '../core/application/consent/redeem-code.ts';
import { createScopeSets } from '../core/application/vending/scope-sets.ts';
import { createAuthenticConsents } from '../platform/consent-mac/authentic-consents.ts';
import { createAccessTokenStore } from '../platform/dynamodb/access-token-store.ts';
import { createConnectionStore } from '../platform/dynamodb/connection-store.ts';
import { createConsentStore } from '../platform/dynamodb/consent-store.ts';
import { createDynamoDbClient } from '../platform/dynamodb/dynamodb-client.ts';
import { parseEnv } from '../platform/env/parse-env.ts';
import { createEventPublisher } from '../platform/eventbridge/event-publisher.ts';
import { createEventsClient } from '../platform/eventbridge/events-client.ts';
import { withProblemBoundary } from '../platform/http/problem-boundary.ts';
import { createTelemetry } from '../platform/observability/telemetry.ts';
import { createAlarmClock } from '../platform/scheduler/alarm-clock.ts';
import { createSchedulerClient } from '../platform/scheduler/scheduler-client.ts';
import { createCookieKeySource } from '../platform/secrets-manager/cookie-key-source.ts';
import { createSecretsClient } from '../platform/secrets-manager/secrets-client.ts';
import { createSystemClock } from '../platform/system/system-clock.ts';
import { createSystemRandom } from '../platform/system/system-random.ts';
import { consentsEnv } from './env.ts';
import { createConsentsRoute } from './route.ts';

const SECRET_CACHE_MS = 300_000;

const env = parseEnv(consentsEnv);
const client = createDynamoDbClient({ callTimeoutMs: 1_500, maxAttempts: 2 });
const clock = createSystemClock();
const random = createSystemRandom();
const telemetry = createTelemetry();
const consents = createAuthenticConsents({
  store: createConsentStore({ client, tableName: env.EPHEMERAL_TABLE, clock }),
  keys: createCookieKeySource({
    client: createSecretsClient(),
    secretId: env.COOKIE_KEY_SECRET_ID,
    cacheMs: SECRET_CACHE_MS,
    clock,
  }),
  telemetry,
});
const openConsent = createOpenConsent({
  consents,
  clock,
  random,
  telemetry,
  settings: { returnUrls: env.RETURN_URLS },
});
const redeemCode = createRedeemCode({
  consents,
  connections: createConnectionStore({ client, tableName: env.CONNECTIONS_TABLE }),
  accessTokens: createAccessTokenStore({ client, tableName: env.ACCESS_TOKENS_TABLE }),
  alarms: createAlarmClock({
    client: createSchedulerClient(),
    group: env.SCHEDULE_GROUP,
    roleArn: env.SCHEDULE_ROLE_ARN,
    targetArn: env.SCHEDULE_TARGET_ARN,
    deadLetterQueueArn: env.DEAD_LETTER_QUEUE_ARN,
    clock,
  }),
  events: createEventPublisher({
    client: createEventsClient(),
    busName: env.EVENT_BUS_NAME,
    vaultName: env.VAULT_NAME,
  }),
  clock,
  random,
  telemetry,
  scopeSets: createScopeSets(env.SCOPE_SETS).all,
});
const route = createConsentsRoute({ openConsent, redeemCode, authorizeUrl: env.AUTHORIZE_URL });

export const handler = withProblemBoundary(route, telemetry);
