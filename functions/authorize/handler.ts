import { createSecretsClient } from '../adapters/aws/clients.ts';
import { createAuthenticConsents } from '../adapters/consent-mac/authentic-consents.ts';
import { createConsentStore } from '../adapters/dynamodb/consent-store.ts';
import { createDynamoDbClient } from '../adapters/dynamodb/dynamodb-client.ts';
import { parseEnv } from '../adapters/env/parse-env.ts';
import { createOutcomePage } from '../adapters/http/outcome-page.ts';
import { withPageBoundary } from '../adapters/http/routing.ts';
import { buildAuthorizationUrl, createPkce } from '../adapters/ims/authorization.ts';
import { createTelemetry, withRequestId } from '../adapters/observability/telemetry.ts';
import { createCookieKeySource } from '../adapters/secrets-manager/cookie-key.ts';
import { createSystemClock, createSystemRandom } from '../adapters/system/clock-and-random.ts';
import { createTransactionCookies } from '../adapters/transaction-cookie/transaction-cookies.ts';
import { createStartTransaction } from '../core/consent/start-transaction.ts';
import { authorizeEnv } from './env.ts';
import { createAuthorizeRoute } from './route.ts';

const SECRET_CACHE_MS = 300_000;

const env = parseEnv(authorizeEnv);
const clock = createSystemClock();
const telemetry = createTelemetry();
const client = createDynamoDbClient({ callTimeoutMs: 1_500, maxAttempts: 2 });
const keys = createCookieKeySource({
  client: createSecretsClient(),
  secretId: env.COOKIE_KEY_SECRET_ID,
  cacheMs: SECRET_CACHE_MS,
  clock,
});
const credential = {
  imsBaseUrl: env.IMS_BASE_URL,
  clientId: env.CLIENT_ID,
  redirectUri: env.CALLBACK_URL,
};
const startTransaction = createStartTransaction({
  transactions: createTransactionCookies({ keys, clock }),
  authorization: {
    createPkce,
    urlFor: (request) => buildAuthorizationUrl({ ...credential, ...request }),
  },
  consents: createAuthenticConsents({
    store: createConsentStore({ client, tableName: env.EPHEMERAL_TABLE, clock }),
    keys,
    telemetry,
  }),
  clock,
  random: createSystemRandom(),
  telemetry,
  settings: { scopes: env.SCOPES, returnUrls: env.RETURN_URLS, plainSignIn: env.PLAIN_SIGN_IN },
});

const page = createOutcomePage(env.PAGE_SETTINGS);

export const handler = withRequestId(
  telemetry,
  withPageBoundary(createAuthorizeRoute({ startTransaction, page }), {
    telemetry,
    page,
  }),
);
