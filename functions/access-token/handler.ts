import { createRevokeAccessTokens } from '../core/application/vending/revoke-access-tokens.ts';
import { createScopeSets } from '../core/application/vending/scope-sets.ts';
import { createVendAccessToken } from '../core/application/vending/vend-access-token.ts';
import { createAccessTokenStore } from '../platform/dynamodb/access-token-store.ts';
import { createConnectionStore } from '../platform/dynamodb/connection-store.ts';
import { createDynamoDbClient } from '../platform/dynamodb/dynamodb-client.ts';
import { parseEnv } from '../platform/env/parse-env.ts';
import { withProblemBoundary } from '../platform/http/problem-boundary.ts';
import { createKmsClient } from '../platform/kms/kms-client.ts';
import { createTokenOpener } from '../platform/kms/token-opener.ts';
import { createLambdaClient } from '../platform/lambda/lambda-client.ts';
import { createRotator } from '../platform/lambda/rotator.ts';
import { createTelemetry } from '../platform/observability/telemetry.ts';
import { createSystemClock } from '../platform/system/system-clock.ts';
import { createSystemRandom } from '../platform/system/system-random.ts';
import { accessTokenEnv } from './env.ts';
import { createAccessTokenRoute } from './route.ts';

const env = parseEnv(accessTokenEnv);
const telemetry = createTelemetry();
const client = createDynamoDbClient({ callTimeoutMs: 1_500, maxAttempts: 2 });
const rotator = createRotator({ client: createLambdaClient(), functionArn: env.ROTATE_ALIAS_ARN });
const vendAccessToken = createVendAccessToken({
  accessTokens: createAccessTokenStore({ client, tableName: env.ACCESS_TOKENS_TABLE }),
  connections: createConnectionStore({ client, tableName: env.CONNECTIONS_TABLE }),
  opener: createTokenOpener({
    kms: createKmsClient(),
    accessKeyArn: env.ACCESS_KEY_ARN,
    formerAccessKeyArns: env.FORMER_ACCESS_KEY_ARNS,
  }),
  rotator,
  clock: createSystemClock(),
  random: createSystemRandom(),
  telemetry,
  scopeSets: createScopeSets(env.SCOPE_SETS),
  clientId: env.CLIENT_ID,
});

const revokeAccessTokens = createRevokeAccessTokens({ rotator, telemetry });

export const handler = withProblemBoundary(
  createAccessTokenRoute({ vendAccessToken, revokeAccessTokens }),
  telemetry,
);
