import type { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { VaultResources } from '../constructs/vault-resources.ts';
import { DUE_INDEX, SUBJECT_INDEX } from '../constructs/vault-tables.ts';
import type { FunctionName } from '../packaging/function-names.ts';
import {
  createSchedules,
  invoke,
  onIndex,
  onTable,
  publishEvents,
  readAttributes,
  readSecret,
  restoreScheduleGroup,
  sendMessages,
  useKeys,
} from './permission-statements.ts';

/**
 * Permissions of each function besides its own log. Every statement is written out: action by action, resource by
 * resource.
 */
export function functionPermissions(
  resources: VaultResources,
): Readonly<Record<FunctionName, readonly PolicyStatement[]>> {
  const { tables, secrets, serviceKey, scheduling, rotateAliasArn, refreshKeys, accessKeys } = resources;
  const { clientId } = resources.settings;
  const { connections, accessTokens, ephemeral } = tables;

  return {
    authorize: [
      onTable('Ephemeral', ephemeral, ['GetItem']),
      ...readSecret('ReadCookieKey', secrets.cookieKey, serviceKey),
    ],
    callback: [
      onTable('Connections', connections, ['GetItem', 'PutItem', 'UpdateItem']),
      // Other connections of the user are marked, so that no revocation ends the new grant before its code is redeemed.
      onIndex('ConnectionsOfOneSubject', connections, SUBJECT_INDEX),
      // Query, not GetItem: scope sets of earlier settings have tokens too.
      onTable('AccessTokens', accessTokens, ['Query', 'PutItem']),
      onTable('Ephemeral', ephemeral, ['GetItem', 'PutItem', 'UpdateItem']),
      useKeys('SealRefreshTokens', refreshKeys, 'refresh', clientId, ['GenerateDataKey']),
      useKeys('SealAccessTokens', accessKeys, 'access', clientId, ['GenerateDataKey']),
      ...readSecret('ReadClientSecret', secrets.clientSecret, serviceKey),
      ...readSecret('ReadCookieKey', secrets.cookieKey, serviceKey),
      ...createSchedules(scheduling, ['CreateSchedule']),
    ],
    consents: [
      onTable('Ephemeral', ephemeral, ['GetItem', 'PutItem', 'UpdateItem']),
      onTable('Connections', connections, ['GetItem', 'PutItem', 'UpdateItem']),
      // Read when another Adobe user takes a connection over: the previous user's tokens are revoked.
      onTable('AccessTokens', accessTokens, ['Query', 'PutItem']),
      // Items in the ephemeral table carry a MAC, made and checked with this key.
      ...readSecret('ReadCookieKey', secrets.cookieKey, serviceKey),
      ...createSchedules(scheduling, ['CreateSchedule']),
      publishEvents(resources.eventBusArn),
    ],
    'access-token': [
      // Not the tokens, even though they are sealed.
      readAttributes('GenerationOfConnection', connections, ['connectionId', 'generation']),
      onTable('AccessTokens', accessTokens, ['GetItem']),
      useKeys('OpenAccessTokens', accessKeys, 'access', clientId, ['Decrypt']),
      invoke('AskRotate', rotateAliasArn),
    ],
    connections: [
      onTable('Connections', connections, ['GetItem', 'PutItem', 'UpdateItem', 'Scan']),
      onIndex('ExpiringConnections', connections, DUE_INDEX),
      onIndex('ConnectionsOfOneSubject', connections, SUBJECT_INDEX),
      onTable('AccessTokens', accessTokens, ['Query', 'PutItem']),
      invoke('AskRotate', rotateAliasArn),
    ],
    import: [
      onTable('Connections', connections, ['GetItem', 'PutItem']),
      // Read when another Adobe user takes a connection over, and overwritten when tokens are replaced.
      onTable('AccessTokens', accessTokens, ['Query', 'PutItem']),
      useKeys('SealRefreshTokens', refreshKeys, 'refresh', clientId, ['GenerateDataKey']),
      invoke('AskRotate', rotateAliasArn),
    ],
    rotate: [
      onTable('Connections', connections, ['GetItem', 'UpdateItem', 'DeleteItem']),
      onIndex('ConnectionsOfOneSubject', connections, SUBJECT_INDEX),
      onTable('AccessTokens', accessTokens, ['GetItem', 'Query', 'PutItem']),
      onTable('Ephemeral', ephemeral, ['GetItem', 'PutItem']),
      useKeys('OpenAndSealRefreshTokens', refreshKeys, 'refresh', clientId, ['Decrypt', 'GenerateDataKey']),
      useKeys('OpenAndSealAccessTokens', accessKeys, 'access', clientId, ['Decrypt', 'GenerateDataKey']),
      ...readSecret('ReadClientSecret', secrets.clientSecret, serviceKey),
      ...createSchedules(scheduling, ['CreateSchedule', 'GetSchedule', 'DeleteSchedule']),
      publishEvents(resources.eventBusArn),
      // Lambda sends failed asynchronous invocations to the queue with the function's own role.
      sendMessages('KeepDeadLetters', scheduling.deadLetterQueue),
    ],
    reconcile: [
      onIndex('OverdueConnections', connections, DUE_INDEX),
      onTable('Connections', connections, ['GetItem', 'UpdateItem']),
      onTable('Ephemeral', ephemeral, ['GetItem']),
      ...createSchedules(scheduling, ['CreateSchedule']),
      restoreScheduleGroup(scheduling),
    ],
  };
}
