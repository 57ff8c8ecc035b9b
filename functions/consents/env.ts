import * as v from 'valibot';
import {
  schedulingEntries,
  scopeList,
  scopeSetEntries,
  secureUrl,
  text,
  urlList,
} from '../adapters/env/environment.ts';

export const consentsEnv = v.object({
  ...schedulingEntries,
  ...scopeSetEntries,
  CLIENT_ID: text,
  SCOPES: scopeList,
  RETURN_URLS: urlList,
  AUTHORIZE_URL: secureUrl,
  COOKIE_KEY_SECRET_ID: text,
  CONNECTIONS_TABLE: text,
  ACCESS_TOKENS_TABLE: text,
  EPHEMERAL_TABLE: text,
  EVENT_BUS_NAME: text,
  VAULT_NAME: text,
});

/** The environment that the deployment must set. */
export type ConsentsEnvironment = v.InferInput<typeof consentsEnv>;
