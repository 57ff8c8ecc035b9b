import { createEventsClient, createSchedulerClient, createSecretsClient } from '../adapters/aws/clients.ts';
import { createAuthenticConsents } from '../adapters/consent-mac/authentic-consents.ts';
import { createAccessTokenStore } from '../adapters/dynamodb/access-token-store.ts';
import { createConnectionStore } from '../adapters/dynamodb/connection-store.ts';
import { createConsentStore } from '../adapters/dynamodb/consent-store.ts';
import { createDynamoDbClient } from '../adapters/dynamodb/dynamodb-client.ts';
import { parseEnv } from '../adapters/env/parse-env.ts';
import { createEventPublisher } from '../adapters/eventbridge/event-publisher.ts';
import { withProblemBoundary } from '../adapters/http/routing.ts';
import { createTelemetry, withRequestId } from '../adapters/observability/telemetry.ts';
import { createRotationSchedules } from '../adapters/scheduler/rotation-schedules.ts';
import { createCookieKeySource } from '../adapters/secrets-manager/cookie-key.ts';
import { createSystemClock, createSystemRandom } from '../adapters/system/clock-and-random.ts';
import { createScopeSets } from '../core/access-tokens/scope-sets.ts';
import { createOpenConsent } from '../core/consent/open-consent.ts';
import { createRedeemCode } from '../core/consent/redeem-code.ts';
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
  schedules: createRotationSchedules({
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

export const handler = withRequestId(telemetry, withProblemBoundary(route, { telemetry }));
