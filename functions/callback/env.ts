import * as v from 'valibot';
import { flag, text } from '../adapters/env/fields.ts';
import {
  browserEntries,
  credentialEntries,
  pageEntries,
  revocationEntries,
  schedulingEntries,
  scopeSetEntries,
} from '../adapters/env/shared-entries.ts';

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

/** The environment as the deployment must state it. */
export type CallbackEnvironment = v.InferInput<typeof callbackEnv>;
