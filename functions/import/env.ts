import * as v from 'valibot';
import { scopeList, scopeSetEntries, text } from '../adapters/env/environment.ts';

export const importEnv = v.object({
  ...scopeSetEntries,
  CLIENT_ID: text,
  SCOPES: scopeList,
  CONNECTIONS_TABLE: text,
  ACCESS_TOKENS_TABLE: text,
  REFRESH_KEY_ARN: text,
  ROTATE_ALIAS_ARN: text,
});

/** The environment as the deployment must state it. */
export type ImportEnvironment = v.InferInput<typeof importEnv>;
