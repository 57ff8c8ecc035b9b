import * as v from 'valibot';
import { arnList, scopeSetEntries, text } from '../adapters/env/environment.ts';

export const accessTokenEnv = v.object({
  ...scopeSetEntries,
  CLIENT_ID: text,
  CONNECTIONS_TABLE: text,
  ACCESS_TOKENS_TABLE: text,
  ACCESS_KEY_ARN: text,
  FORMER_ACCESS_KEY_ARNS: arnList,
  ROTATE_ALIAS_ARN: text,
});

/** The environment as the deployment must state it. */
export type AccessTokenEnvironment = v.InferInput<typeof accessTokenEnv>;
