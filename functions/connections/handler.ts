import { createLambdaClient } from '../adapters/aws/clients.ts';
import { createAccessTokenStore } from '../adapters/dynamodb/access-token-store.ts';
import { createConnectionDirectory } from '../adapters/dynamodb/connection-directory.ts';
import { createSubjectIndex } from '../adapters/dynamodb/connection-indexes.ts';
import { createConnectionStore } from '../adapters/dynamodb/connection-store.ts';
import { createDynamoDbClient } from '../adapters/dynamodb/dynamodb-client.ts';
import { parseEnv } from '../adapters/env/parse-env.ts';
import { withProblemBoundary } from '../adapters/http/routing.ts';
import { createRotator } from '../adapters/lambda/rotator.ts';
import { createTelemetry, withRequestId } from '../adapters/observability/telemetry.ts';
import { createSystemClock, createSystemRandom } from '../adapters/system/clock-and-random.ts';
import { createScopeSets } from '../core/access-tokens/scope-sets.ts';
import { createBeginDisconnect } from '../core/connection/disconnect.ts';
import { createEraseSubject } from '../core/connection/erase-subject.ts';
import { createDescribeConnection, createListConnections } from '../core/connection/read-connections.ts';
import { createForceRotation } from '../core/connection/request-rotation.ts';
import { connectionsEnv } from './env.ts';
import { createConnectionsRoute, RETRY_AFTER_SECONDS } from './route.ts';

const env = parseEnv(connectionsEnv);
const telemetry = createTelemetry();
const client = createDynamoDbClient({ callTimeoutMs: 1_500, maxAttempts: 2 });
const clock = createSystemClock();
const connectionTable = { client, tableName: env.CONNECTIONS_TABLE };
const connections = createConnectionStore(connectionTable);
const rotator = createRotator({ client: createLambdaClient(), functionArn: env.ROTATE_ALIAS_ARN });
const disconnectDeps = {
  connections,
  accessTokens: createAccessTokenStore({ client, tableName: env.ACCESS_TOKENS_TABLE }),
  rotator,
  clock,
  random: createSystemRandom(),
  telemetry,
  scopeSets: createScopeSets(env.SCOPE_SETS).all,
};
const beginDisconnect = createBeginDisconnect(disconnectDeps);
const eraseSubject = createEraseSubject({
  ...disconnectDeps,
  subjects: createSubjectIndex(connectionTable),
  clientId: env.CLIENT_ID,
});
const directory = createConnectionDirectory(connectionTable);
const listConnections = createListConnections({ directory, clock });
const describeConnection = createDescribeConnection({ connections, clock });
const forceRotation = createForceRotation({ describeConnection, rotator });

export const handler = withRequestId(
  telemetry,
  withProblemBoundary(
    createConnectionsRoute({
      listConnections,
      describeConnection,
      beginDisconnect,
      eraseSubject,
      forceRotation,
    }),
    { telemetry, retryAfterSeconds: RETRY_AFTER_SECONDS },
  ),
);
