import * as v from 'valibot';
import { flag, text } from '../adapters/env/fields.ts';
import { browserEntries, credentialEntries, pageEntries } from '../adapters/env/shared-entries.ts';

export const authorizeEnv = v.object({
  ...credentialEntries,
  ...browserEntries,
  ...pageEntries,
  EPHEMERAL_TABLE: text,
  PLAIN_SIGN_IN: flag,
});

/** The environment as the deployment must state it. */
export type AuthorizeEnvironment = v.InferInput<typeof authorizeEnv>;
