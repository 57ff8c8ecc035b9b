import { createFinishAttempt } from '../core/application/consent/finish-attempt.ts';
import { createScopeSets } from '../core/application/vending/scope-sets.ts';
import { createAuthenticConsents } from '../platform/consent-mac/authentic-consents.ts';
import { createAccessTokenStore } from '../platform/dynamodb/access-token-store.ts';
import { createConnectionStore } from '../platform/dynamodb/connection-store.ts';
import { createConsentStore } from '../platform/dynamodb/consent-store.ts';
import { createDynamoDbClient } from '../platform/dynamodb/dynamodb-client.ts';
import { createSubjectIndex } from '../platform/dynamodb/subject-index.ts';
import { parseEnv } from '../platform/env/parse-env.ts';
import { createOutcomePage } from '../platform/http/outcome-page.ts';
import { withPageBoundary } from '../platform/http/page-boundary.ts';
import { readAuthorizationResponse } from '../platform/ims/authorization-response.ts';
import { createIms } from '../platform/ims/ims.ts';
import { imsEndpoints } from '../platform/ims/ims-endpoints.ts';
import { createKmsClient } from '../platform/kms/kms-client.ts';
import { createTokenSealer } from '../platform/kms/token-sealer.ts';
import { createTelemetry } from '../platform/observability/telemetry.ts';
import { createAlarmClock } from '../platform/scheduler/alarm-clock.ts';
import { createSchedulerClient } from '../platform/scheduler/scheduler-client.ts';
import { createClientSecretSource } from '../platform/secrets-manager/client-secret-source.ts';
import { createCookieKeySource } from '../platform/secrets-manager/cookie-key-source.ts';
import { createSecretsClient } from '../platform/secrets-manager/secrets-client.ts';
import { createSystemClock } from '../platform/system/system-clock.ts';
import { createSystemRandom } from '../platform/system/system-random.ts';
import { createAttemptCookies } from '../platform/transaction-cookie/attempt-cookies.ts';
import { callbackEnv } from './env.ts';
import { createCallbackRoute } from './route.ts';

const SECRET_CACHE_MS = 300_000;

const env = parseEnv(callbackEnv);
const clock = createSystemClock();
const telemetry = createTelemetry();
const client = createDynamoDbClient({ callTimeoutMs: 1_500, maxAttempts: 2 });
const ephemeral = { client, tableName: env.EPHEMERAL_TABLE };
const connectionTable = { client, tableName: env.CONNECTIONS_TABLE };
const secrets = { client: createSecretsClient(), cacheMs: SECRET_CACHE_MS, clock };
const keys = createCookieKeySource({ ...secrets, secretId: env.COOKIE_KEY_SECRET_ID });
const { issuers } = imsEndpoints(env.IMS_BASE_URL);
const finishAttempt = createFinishAttempt({
  attempts: createAttemptCookies({ keys, clock }),
  authorization: {
    readResponse: (parameters, state) => readAuthorizationResponse(parameters, { state, issuers }),
  },
  consents: createAuthenticConsents({ store: createConsentStore({ ...ephemeral, clock }), keys, telemetry }),
  connections: createConnectionStore(connectionTable),
  subjects: createSubjectIndex(connectionTable),
  accessTokens: createAccessTokenStore({ client, tableName: env.ACCESS_TOKENS_TABLE }),
  sealer: createTokenSealer({
    kms: createKmsClient(),
    refreshKeyArn: env.REFRESH_KEY_ARN,
    accessKeyArn: env.ACCESS_KEY_ARN,
  }),
  ims: createIms({ imsBaseUrl: env.IMS_BASE_URL, clientId: env.CLIENT_ID, clock }),
  clientSecret: createClientSecretSource({ ...secrets, secretId: env.CLIENT_SECRET_ID }),
  alarms: createAlarmClock({
    client: createSchedulerClient(),
    group: env.SCHEDULE_GROUP,
    roleArn: env.SCHEDULE_ROLE_ARN,
    targetArn: env.SCHEDULE_TARGET_ARN,
    deadLetterQueueArn: env.DEAD_LETTER_QUEUE_ARN,
    clock,
  }),
  clock,
  random: createSystemRandom(),
  telemetry,
  settings: {
    clientId: env.CLIENT_ID,
    scopes: env.SCOPES,
    callbackUrl: env.CALLBACK_URL,
    returnUrls: env.RETURN_URLS,
    storeProfile: env.STORE_PROFILE,
    revocationScope: env.REVOCATION_SCOPE,
    scopeSets: createScopeSets(env.SCOPE_SETS).all,
  },
});

const page = createOutcomePage(env.PAGE_SETTINGS);

export const handler = withPageBoundary(createCallbackRoute({ finishAttempt, page }), { telemetry, page });
