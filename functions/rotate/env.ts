import * as v from 'valibot';
import {
  arnList,
  credentialEntries,
  nonEmptyText,
  revocationEntries,
  schedulingEntries,
  scopeSetEntries,
} from '../adapters/env/environment.ts';

export const rotateEnv = v.object({
  ...credentialEntries,
  ...schedulingEntries,
  ...scopeSetEntries,
  ...revocationEntries,
  CONNECTIONS_TABLE: nonEmptyText,
  ACCESS_TOKENS_TABLE: nonEmptyText,
  EPHEMERAL_TABLE: nonEmptyText,
  REFRESH_KEY_ARN: nonEmptyText,
  ACCESS_KEY_ARN: nonEmptyText,
  FORMER_REFRESH_KEY_ARNS: arnList,
  FORMER_ACCESS_KEY_ARNS: arnList,
  CLIENT_SECRET_ID: nonEmptyText,
  EVENT_BUS_NAME: nonEmptyText,
  VAULT_NAME: nonEmptyText,
  /** `-` where there is none: no id begins with it. */
  CANARY_CONNECTION_ID: nonEmptyText,
});

/** The environment as the deployment must state it. */
export type RotateEnvironment = v.InferInput<typeof rotateEnv>;
