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

/** What each function may touch, beside its own log. Every statement is written out: action by action, resource by resource. */
export function functionPermissions(
  resources: VaultResources,
): Readonly<Record<FunctionName, readonly PolicyStatement[]>> {
  const { tables, secrets, scheduling, rotateAliasArn, refreshKeys, accessKeys } = resources;
  const { clientId } = resources.settings;
  const { connections, accessTokens, ephemeral } = tables;

  return {
    authorize: [onTable('Ephemeral', ephemeral, ['GetItem']), readSecret('ReadCookieKey', secrets.cookieKey)],
    callback: [
      onTable('Connections', connections, ['GetItem', 'PutItem', 'UpdateItem']),
      // What else the user has connected is marked, so that no revocation ends the new grant before it is redeemed.
      onIndex('ConnectionsOfOneSubject', connections, SUBJECT_INDEX),
      // Listed: scope sets that earlier settings named have tokens too.
      onTable('AccessTokens', accessTokens, ['Query', 'PutItem']),
      onTable('Ephemeral', ephemeral, ['GetItem', 'PutItem', 'UpdateItem']),
      useKeys('SealRefreshTokens', refreshKeys, 'refresh', clientId, ['GenerateDataKey']),
      useKeys('SealAccessTokens', accessKeys, 'access', clientId, ['GenerateDataKey']),
      readSecret('ReadClientSecret', secrets.clientSecret),
      readSecret('ReadCookieKey', secrets.cookieKey),
      ...createSchedules(scheduling, ['CreateSchedule']),
    ],
    consents: [
      onTable('Ephemeral', ephemeral, ['GetItem', 'PutItem', 'UpdateItem']),
      onTable('Connections', connections, ['GetItem', 'PutItem', 'UpdateItem']),
      // Read when another Adobe user takes a connection over: what the one before still holds is revoked.
      onTable('AccessTokens', accessTokens, ['Query', 'PutItem']),
      // What it keeps in Ephemeral, and what it believes of it, has a MAC.
      readSecret('ReadCookieKey', secrets.cookieKey),
      ...createSchedules(scheduling, ['CreateSchedule']),
      publishEvents(resources.eventBusArn),
    ],
    'access-token': [
      // Not the tokens in it, sealed as they are.
      readAttributes('GenerationOfConnection', connections, ['connectionId', 'generation']),
      onTable('AccessTokens', accessTokens, ['GetItem']),
      useKeys('OpenAccessTokens', accessKeys, 'access', clientId, ['Decrypt']),
      invoke('AskRotate', rotateAliasArn),
    ],
    connections: [
      onTable('Connections', connections, ['GetItem', 'PutItem', 'UpdateItem', 'Scan']),
      onIndex('LapsingConnections', connections, DUE_INDEX),
      onIndex('ConnectionsOfOneSubject', connections, SUBJECT_INDEX),
      onTable('AccessTokens', accessTokens, ['Query', 'PutItem']),
      invoke('AskRotate', rotateAliasArn),
    ],
    import: [
      onTable('Connections', connections, ['GetItem', 'PutItem']),
      // Read when another Adobe user takes a connection over, written over when anything is replaced.
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
      readSecret('ReadClientSecret', secrets.clientSecret),
      ...createSchedules(scheduling, ['CreateSchedule', 'GetSchedule', 'DeleteSchedule']),
      publishEvents(resources.eventBusArn),
      // Lambda sends what an asynchronous invocation could not do with the function's own role.
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
