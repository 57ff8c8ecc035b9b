import { createStartAttempt } from '../core/application/consent/start-attempt.ts';
import { createAuthenticConsents } from '../platform/consent-mac/authentic-consents.ts';
import { createConsentStore } from '../platform/dynamodb/consent-store.ts';
import { createDynamoDbClient } from '../platform/dynamodb/dynamodb-client.ts';
import { parseEnv } from '../platform/env/parse-env.ts';
import { createOutcomePage } from '../platform/http/outcome-page.ts';
import { withPageBoundary } from '../platform/http/page-boundary.ts';
import { buildAuthorizationUrl } from '../platform/ims/authorization-request.ts';
import { createPkce } from '../platform/ims/pkce.ts';
import { createTelemetry } from '../platform/observability/telemetry.ts';
import { createCookieKeySource } from '../platform/secrets-manager/cookie-key-source.ts';
import { createSecretsClient } from '../platform/secrets-manager/secrets-client.ts';
import { createSystemClock } from '../platform/system/system-clock.ts';
import { createSystemRandom } from '../platform/system/system-random.ts';
import { createAttemptCookies } from '../platform/transaction-cookie/attempt-cookies.ts';
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
const startAttempt = createStartAttempt({
  attempts: createAttemptCookies({ keys, clock }),
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

export const handler = withPageBoundary(createAuthorizeRoute({ startAttempt, page }), { telemetry, page });
