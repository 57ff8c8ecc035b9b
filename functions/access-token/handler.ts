import { createKmsClient, createLambdaClient } from '../adapters/aws/clients.ts';
import { createAccessTokenStore } from '../adapters/dynamodb/access-token-store.ts';
import { createConnectionStore } from '../adapters/dynamodb/connection-store.ts';
import { createDynamoDbClient } from '../adapters/dynamodb/dynamodb-client.ts';
import { parseEnv } from '../adapters/env/parse-env.ts';
import { withProblemBoundary } from '../adapters/http/routing.ts';
import { createTokenOpener } from '../adapters/kms/token-sealing.ts';
import { createRotator } from '../adapters/lambda/rotator.ts';
import { createTelemetry, withRequestId } from '../adapters/observability/telemetry.ts';
import { createSystemClock, createSystemRandom } from '../adapters/system/clock-and-random.ts';
import { createScopeSets } from '../core/access-tokens/scope-sets.ts';
import { createVendAccessToken } from '../core/access-tokens/vend-access-token.ts';
import { createRevokeAccessTokens } from '../core/connection/request-rotation.ts';
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

const revokeAccessTokens = createRevokeAccessTokens({ rotator });

export const handler = withRequestId(
  telemetry,
  withProblemBoundary(createAccessTokenRoute({ vendAccessToken, revokeAccessTokens }), {
    telemetry,
  }),
);
