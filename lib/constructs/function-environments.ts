import type { AccessTokenEnvironment } from '../../functions/access-token/env.ts';
import type { AuthorizeEnvironment } from '../../functions/authorize/env.ts';
import type { CallbackEnvironment } from '../../functions/callback/env.ts';
import type { ConnectionsEnvironment } from '../../functions/connections/env.ts';
import type { ConsentsEnvironment } from '../../functions/consents/env.ts';
import type { ImportEnvironment } from '../../functions/import/env.ts';
import type { ReconcileEnvironment } from '../../functions/reconcile/env.ts';
import type { RotateEnvironment } from '../../functions/rotate/env.ts';
import type { SealingKey } from './vault-keys.ts';
import type { VaultResources } from './vault-resources.ts';

/** The environment of each function, typed by the schema with which the function parses it. */
export interface FunctionEnvironments {
  readonly authorize: AuthorizeEnvironment;
  readonly callback: CallbackEnvironment;
  readonly consents: ConsentsEnvironment;
  readonly 'access-token': AccessTokenEnvironment;
  readonly connections: ConnectionsEnvironment;
  readonly import: ImportEnvironment;
  readonly rotate: RotateEnvironment;
  readonly reconcile: ReconcileEnvironment;
}

export function functionEnvironments(resources: VaultResources): FunctionEnvironments {
  const { settings, tables, secrets, scheduling, rotateAliasArn } = resources;

  const CLIENT_ID = settings.clientId;
  const SCOPES = settings.scopes.join(' ');
  const RETURN_URLS = JSON.stringify(settings.returnUrls);
  const SCOPE_SETS = JSON.stringify(settings.scopeSets);
  const CONNECTIONS_TABLE = tables.connections.tableName;
  const ACCESS_TOKENS_TABLE = tables.accessTokens.tableName;
  const EPHEMERAL_TABLE = tables.ephemeral.tableName;
  const REFRESH_KEY_ARN = resources.refreshKeys.present.keyArn;
  const ACCESS_KEY_ARN = resources.accessKeys.present.keyArn;
  const EVENT_BUS_NAME = resources.eventBusName;
  const ROTATE_ALIAS_ARN = rotateAliasArn;

  const credential = { CLIENT_ID, SCOPES, IMS_BASE_URL: settings.imsBaseUrl };
  const browser = {
    CALLBACK_URL: resources.callbackUrl,
    RETURN_URLS,
    COOKIE_KEY_SECRET_ID: secrets.cookieKey.ref,
  };
  const { appName, supportUrl } = settings;
  const pages = { PAGE_SETTINGS: JSON.stringify({ appName, supportUrl }) };
  const alarms = {
    SCHEDULE_GROUP: scheduling.groupName,
    SCHEDULE_ROLE_ARN: scheduling.role.roleArn,
    SCHEDULE_TARGET_ARN: resources.scheduleTargetArn,
    DEAD_LETTER_QUEUE_ARN: scheduling.deadLetterQueue.queueArn,
  };
  const redeeming = {
    REFRESH_KEY_ARN,
    ACCESS_KEY_ARN,
    CLIENT_SECRET_ID: secrets.clientSecret.ref,
  };
  const FORMER_ACCESS_KEY_ARNS = arnList(resources.accessKeys.former);
  const FORMER_REFRESH_KEY_ARNS = arnList(resources.refreshKeys.former);
  const allTables = { CONNECTIONS_TABLE, ACCESS_TOKENS_TABLE, EPHEMERAL_TABLE };

  return {
    authorize: {
      ...credential,
      ...browser,
      ...pages,
      EPHEMERAL_TABLE,
      PLAIN_SIGN_IN: flagText(settings.plainSignIn),
    },
    callback: {
      ...credential,
      ...browser,
      ...pages,
      ...alarms,
      ...redeeming,
      ...allTables,
      SCOPE_SETS,
      REVOCATION_SCOPE: settings.revocationScope,
      STORE_PROFILE: flagText(settings.storeProfile),
    },
    consents: {
      ...alarms,
      ...allTables,
      CLIENT_ID,
      SCOPES,
      SCOPE_SETS,
      RETURN_URLS,
      AUTHORIZE_URL: resources.authorizeUrl,
      COOKIE_KEY_SECRET_ID: secrets.cookieKey.ref,
      EVENT_BUS_NAME,
      VAULT_NAME: resources.vaultName,
    },
    'access-token': {
      CLIENT_ID,
      SCOPE_SETS,
      CONNECTIONS_TABLE,
      ACCESS_TOKENS_TABLE,
      ACCESS_KEY_ARN,
      FORMER_ACCESS_KEY_ARNS,
      ROTATE_ALIAS_ARN,
    },
    connections: { CLIENT_ID, SCOPE_SETS, CONNECTIONS_TABLE, ACCESS_TOKENS_TABLE, ROTATE_ALIAS_ARN },
    import: {
      CLIENT_ID,
      SCOPES,
      SCOPE_SETS,
      CONNECTIONS_TABLE,
      ACCESS_TOKENS_TABLE,
      REFRESH_KEY_ARN,
      ROTATE_ALIAS_ARN,
    },
    rotate: {
      FORMER_ACCESS_KEY_ARNS,
      FORMER_REFRESH_KEY_ARNS,
      ...credential,
      ...alarms,
      ...redeeming,
      ...allTables,
      SCOPE_SETS,
      REVOCATION_SCOPE: settings.revocationScope,
      CANARY_CONNECTION_ID: settings.canaryConnectionId ?? NO_CONNECTION,
      EVENT_BUS_NAME,
      VAULT_NAME: resources.vaultName,
    },
    reconcile: {
      ...alarms,
      CONNECTIONS_TABLE,
      EPHEMERAL_TABLE,
      MAX_SCHEDULES_PER_MINUTE: String(settings.maxSchedulesPerMinute),
    },
  };
}

/** A value that is no connection id: none begins with a hyphen. */
const NO_CONNECTION = '-';

function flagText(flag: boolean): 'true' | 'false' {
  return flag ? 'true' : 'false';
}

/** Joined, not stringified: the ARNs are known only to CloudFormation. */
function arnList(keys: readonly SealingKey[]): string {
  return `[${keys.map(({ keyArn }) => `"${keyArn}"`).join(',')}]`;
}
