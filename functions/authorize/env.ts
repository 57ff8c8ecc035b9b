import * as v from 'valibot';
import {
  browserEntries,
  credentialEntries,
  nonEmptyText,
  pageEntries,
  trueOrFalse,
} from '../adapters/env/environment.ts';

export const authorizeEnv = v.object({
  ...credentialEntries,
  ...browserEntries,
  ...pageEntries,
  EPHEMERAL_TABLE: nonEmptyText,
  PLAIN_SIGN_IN: trueOrFalse,
});

/** The environment that the deployment must set. */
export type AuthorizeEnvironment = v.InferInput<typeof authorizeEnv>;
