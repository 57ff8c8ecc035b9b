import * as v from 'valibot';
import { nonEmptyText, scopeSetEntries } from '../adapters/env/environment.ts';

export const connectionsEnv = v.object({
  ...scopeSetEntries,
  CLIENT_ID: nonEmptyText,
  CONNECTIONS_TABLE: nonEmptyText,
  ACCESS_TOKENS_TABLE: nonEmptyText,
  ROTATE_ALIAS_ARN: nonEmptyText,
});

/** The environment as the deployment must state it. */
export type ConnectionsEnvironment = v.InferInput<typeof connectionsEnv>;
