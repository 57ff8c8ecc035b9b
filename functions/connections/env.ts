import * as v from 'valibot';
import { scopeSetEntries, text } from '../adapters/env/environment.ts';

export const connectionsEnv = v.object({
  ...scopeSetEntries,
  CLIENT_ID: text,
  CONNECTIONS_TABLE: text,
  ACCESS_TOKENS_TABLE: text,
  ROTATE_ALIAS_ARN: text,
});

/** The environment as the deployment must state it. */
export type ConnectionsEnvironment = v.InferInput<typeof connectionsEnv>;
