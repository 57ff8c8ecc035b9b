import { createKmsClient, createSchedulerClient, createSecretsClient } from '../adapters/aws/clients.ts';
import { createAuthenticConsents } from '../adapters/consent-mac/authentic-consents.ts';
import { createAccessTokenStore } from '../adapters/dynamodb/access-token-store.ts';
import { createSubjectIndex } from '../adapters/dynamodb/connection-indexes.ts';
import { createConnectionStore } from '../adapters/dynamodb/connection-store.ts';
import { createConsentStore } from '../adapters/dynamodb/consent-store.ts';
import { createDynamoDbClient } from '../adapters/dynamodb/dynamodb-client.ts';
import { parseEnv } from '../adapters/env/parse-env.ts';
import { createOutcomePage } from '../adapters/http/outcome-page.ts';
import { withPageBoundary } from '../adapters/http/routing.ts';
import { readAuthorizationResponse } from '../adapters/ims/authorization.ts';
import { createIms } from '../adapters/ims/ims-client.ts';
import { imsEndpoints } from '../adapters/ims/ims-endpoints.ts';
import { createTokenSealer } from '../adapters/kms/token-sealing.ts';
import { createTelemetry, withRequestId } from '../adapters/observability/telemetry.ts';
import { createRotationSchedules } from '../adapters/scheduler/rotation-schedules.ts';
import { createClientSecretSource } from '../adapters/secrets-manager/client-secret-source.ts';
import { createCookieKeySource } from '../adapters/secrets-manager/cookie-key.ts';
import { createSystemClock, createSystemRandom } from '../adapters/system/clock-and-random.ts';
import { createTransactionCookies } from '../adapters/transaction-cookie/transaction-cookies.ts';
import { createScopeSets } from '../core/access-tokens/scope-sets.ts';
import { createCompleteTransaction } from '../core/consent/complete-transaction.ts';
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
const completeTransaction = createCompleteTransaction({
  transactions: createTransactionCookies({ keys, clock }),
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
  schedules: createRotationSchedules({
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

export const handler = withRequestId(
  telemetry,
  withPageBoundary(createCallbackRoute({ completeTransaction, page }), {
    telemetry,
    page,
  }),
);
