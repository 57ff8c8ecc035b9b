import * as v from 'valibot';
import {
  nonEmptyText,
  schedulingEntries,
  scopeList,
  scopeSetEntries,
  secureUrl,
  urlList,
} from '../adapters/env/environment.ts';

export const consentsEnv = v.object({
  ...schedulingEntries,
  ...scopeSetEntries,
  CLIENT_ID: nonEmptyText,
  SCOPES: scopeList,
  RETURN_URLS: urlList,
  AUTHORIZE_URL: secureUrl,
  COOKIE_KEY_SECRET_ID: nonEmptyText,
  CONNECTIONS_TABLE: nonEmptyText,
  ACCESS_TOKENS_TABLE: nonEmptyText,
  EPHEMERAL_TABLE: nonEmptyText,
  EVENT_BUS_NAME: nonEmptyText,
  VAULT_NAME: nonEmptyText,
});

/** The environment that the deployment must set. */
export type ConsentsEnvironment = v.InferInput<typeof consentsEnv>;
