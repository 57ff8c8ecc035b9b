import * as v from 'valibot';
import {
  browserEntries,
  credentialEntries,
  flag,
  pageEntries,
  revocationEntries,
  schedulingEntries,
  scopeSetEntries,
  text,
} from '../adapters/env/environment.ts';

export const callbackEnv = v.object({
  ...credentialEntries,
  ...browserEntries,
  ...pageEntries,
  ...schedulingEntries,
  ...scopeSetEntries,
  ...revocationEntries,
  CONNECTIONS_TABLE: text,
  ACCESS_TOKENS_TABLE: text,
  EPHEMERAL_TABLE: text,
  REFRESH_KEY_ARN: text,
  ACCESS_KEY_ARN: text,
  CLIENT_SECRET_ID: text,
  STORE_PROFILE: flag,
});

/** The environment that the deployment must set. */
export type CallbackEnvironment = v.InferInput<typeof callbackEnv>;
