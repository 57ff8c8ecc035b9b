import * as v from 'valibot';
import { nonEmptyText, scopeList, scopeSetEntries } from '../adapters/env/environment.ts';

export const importEnv = v.object({
  ...scopeSetEntries,
  CLIENT_ID: nonEmptyText,
  SCOPES: scopeList,
  CONNECTIONS_TABLE: nonEmptyText,
  ACCESS_TOKENS_TABLE: nonEmptyText,
  REFRESH_KEY_ARN: nonEmptyText,
  ROTATE_ALIAS_ARN: nonEmptyText,
});

/** The environment as the deployment must state it. */
export type ImportEnvironment = v.InferInput<typeof importEnv>;
