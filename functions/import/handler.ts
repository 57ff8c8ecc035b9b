import { createKmsClient, createLambdaClient } from '../adapters/aws/clients.ts';
import { createAccessTokenStore } from '../adapters/dynamodb/access-token-store.ts';
import { createConnectionStore } from '../adapters/dynamodb/connection-store.ts';
import { createDynamoDbClient } from '../adapters/dynamodb/dynamodb-client.ts';
import { parseEnv } from '../adapters/env/parse-env.ts';
import { withProblemBoundary } from '../adapters/http/routing.ts';
import { readRefreshTokenClaims } from '../adapters/ims/token-claims.ts';
import { createTokenSealer } from '../adapters/kms/token-sealing.ts';
import { createRotator } from '../adapters/lambda/rotator.ts';
import { createTelemetry, withRequestId } from '../adapters/observability/telemetry.ts';
import { createSystemClock, createSystemRandom } from '../adapters/system/clock-and-random.ts';
import { createScopeSets } from '../core/access-tokens/scope-sets.ts';
import { createImportTokens } from '../core/import/import-tokens.ts';
import { importEnv } from './env.ts';
import { createImportRoute } from './route.ts';

const env = parseEnv(importEnv);
const telemetry = createTelemetry();
const client = createDynamoDbClient({ callTimeoutMs: 1_500, maxAttempts: 2 });
const importTokens = createImportTokens({
  connections: createConnectionStore({ client, tableName: env.CONNECTIONS_TABLE }),
  accessTokens: createAccessTokenStore({ client, tableName: env.ACCESS_TOKENS_TABLE }),
  // The access key is none of its business: it never sees an access token.
  sealer: createTokenSealer({ kms: createKmsClient(), refreshKeyArn: env.REFRESH_KEY_ARN }),
  rotator: createRotator({ client: createLambdaClient(), functionArn: env.ROTATE_ALIAS_ARN }),
  readClaims: readRefreshTokenClaims,
  clock: createSystemClock(),
  random: createSystemRandom(),
  telemetry,
  clientId: env.CLIENT_ID,
  scopes: env.SCOPES,
  scopeSets: createScopeSets(env.SCOPE_SETS).all,
});

export const handler = withRequestId(
  telemetry,
  withProblemBoundary(createImportRoute(importTokens), { telemetry }),
);
