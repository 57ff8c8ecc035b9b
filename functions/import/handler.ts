import { createImportTokens } from '../core/application/import/import-tokens.ts';
import { createScopeSets } from '../core/application/vending/scope-sets.ts';
import { createAccessTokenStore } from '../platform/dynamodb/access-token-store.ts';
import { createConnectionStore } from '../platform/dynamodb/connection-store.ts';
import { createDynamoDbClient } from '../platform/dynamodb/dynamodb-client.ts';
import { parseEnv } from '../platform/env/parse-env.ts';
import { withProblemBoundary } from '../platform/http/problem-boundary.ts';
import { createRefreshTokenReader } from '../platform/ims/refresh-token-reader.ts';
import { createKmsClient } from '../platform/kms/kms-client.ts';
import { createTokenSealer } from '../platform/kms/token-sealer.ts';
import { createLambdaClient } from '../platform/lambda/lambda-client.ts';
import { createRotator } from '../platform/lambda/rotator.ts';
import { createTelemetry } from '../platform/observability/telemetry.ts';
import { createSystemClock } from '../platform/system/system-clock.ts';
import { createSystemRandom } from '../platform/system/system-random.ts';
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
  reader: createRefreshTokenReader(),
  clock: createSystemClock(),
  random: createSystemRandom(),
  telemetry,
  clientId: env.CLIENT_ID,
  scopes: env.SCOPES,
  scopeSets: createScopeSets(env.SCOPE_SETS).all,
});

export const handler = withProblemBoundary(createImportRoute(importTokens), telemetry);
