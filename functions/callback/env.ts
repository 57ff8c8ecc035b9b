import * as v from 'valibot';
import {
  browserEntries,
  credentialEntries,
  nonEmptyText,
  pageEntries,
  revocationEntries,
  schedulingEntries,
  scopeSetEntries,
  trueOrFalse,
} from '../adapters/env/environment.ts';

export const callbackEnv = v.object({
  ...credentialEntries,
  ...browserEntries,
  ...pageEntries,
  ...schedulingEntries,
  ...scopeSetEntries,
  ...revocationEntries,
  CONNECTIONS_TABLE: nonEmptyText,
  ACCESS_TOKENS_TABLE: nonEmptyText,
  EPHEMERAL_TABLE: nonEmptyText,
  REFRESH_KEY_ARN: nonEmptyText,
  ACCESS_KEY_ARN: nonEmptyText,
  CLIENT_SECRET_ID: nonEmptyText,
  STORE_PROFILE: trueOrFalse,
});

/** The environment that the deployment must set. */
export type CallbackEnvironment = v.InferInput<typeof callbackEnv>;
