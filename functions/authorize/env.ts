import * as v from 'valibot';
import { browserEntries, credentialEntries, flag, pageEntries, text } from '../adapters/env/environment.ts';

export const authorizeEnv = v.object({
  ...credentialEntries,
  ...browserEntries,
  ...pageEntries,
  EPHEMERAL_TABLE: text,
  PLAIN_SIGN_IN: flag,
});

/** The environment that the deployment must set. */
export type AuthorizeEnvironment = v.InferInput<typeof authorizeEnv>;
