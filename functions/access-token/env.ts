import * as v from 'valibot';
import { text } from '../platform/env/fields.ts';
import { scopeSetEntries } from '../platform/env/shared-entries.ts';

export const accessTokenEnv = v.object({
  ...scopeSetEntries,
  CLIENT_ID: text,
  ACCESS_TOKENS_TABLE: text,
  ACCESS_KEY_ARN: text,
  ROTATE_ALIAS_ARN: text,
});

/** The environment as the deployment must state it. */
export type AccessTokenEnvironment = v.InferInput<typeof accessTokenEnv>;
