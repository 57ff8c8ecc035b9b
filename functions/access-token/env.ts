import * as v from 'valibot';
import { arnList, nonEmptyText, scopeSetEntries } from '../adapters/env/environment.ts';

export const accessTokenEnv = v.object({
  ...scopeSetEntries,
  CLIENT_ID: nonEmptyText,
  CONNECTIONS_TABLE: nonEmptyText,
  ACCESS_TOKENS_TABLE: nonEmptyText,
  ACCESS_KEY_ARN: nonEmptyText,
  FORMER_ACCESS_KEY_ARNS: arnList,
  ROTATE_ALIAS_ARN: nonEmptyText,
});

/** The environment as the deployment must state it. */
export type AccessTokenEnvironment = v.InferInput<typeof accessTokenEnv>;
