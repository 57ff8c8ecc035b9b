import { createBeginDisconnect } from '../core/application/connections/begin-disconnect.ts';
import { createDescribeConnection } from '../core/application/connections/describe-connection.ts';
import { createEraseSubject } from '../core/application/connections/erase-subject.ts';
import { createForceRotation } from '../core/application/connections/force-rotation.ts';
import { createListConnections } from '../core/application/connections/list-connections.ts';
import { createScopeSets } from '../core/application/vending/scope-sets.ts';
import { createAccessTokenStore } from '../platform/dynamodb/access-token-store.ts';
import { createConnectionDirectory } from '../platform/dynamodb/connection-directory.ts';
import { createConnectionStore } from '../platform/dynamodb/connection-store.ts';
import { createDynamoDbClient } from '../platform/dynamodb/dynamodb-client.ts';
import { createSubjectIndex } from '../platform/dynamodb/subject-index.ts';
import { parseEnv } from '../platform/env/parse-env.ts';
import { withProblemBoundary } from '../platform/http/problem-boundary.ts';
import { createLambdaClient } from '../platform/lambda/lambda-client.ts';
import { createRotator } from '../platform/lambda/rotator.ts';
import { createTelemetry } from '../platform/observability/telemetry.ts';
import { createSystemClock } from '../platform/system/system-clock.ts';
import { createSystemRandom } from '../platform/system/system-random.ts';
import { connectionsEnv } from './env.ts';
import { createConnectionsRoute } from './route.ts';

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
const listConnections = createListConnections({ directory, clock, telemetry });
const describeConnection = createDescribeConnection({ connections, telemetry });
const forceRotation = createForceRotation({ describeConnection, rotator, telemetry });

export const handler = withProblemBoundary(
  createConnectionsRoute({
    listConnections,
    describeConnection,
    beginDisconnect,
    eraseSubject,
    forceRotation,
  }),
  telemetry,
);
