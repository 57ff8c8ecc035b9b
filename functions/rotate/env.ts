import * as v from 'valibot';
import {
  arnList,
  credentialEntries,
  revocationEntries,
  schedulingEntries,
  scopeSetEntries,
  text,
} from '../adapters/env/environment.ts';

export const rotateEnv = v.object({
  ...credentialEntries,
  ...schedulingEntries,
  ...scopeSetEntries,
  ...revocationEntries,
  CONNECTIONS_TABLE: text,
  ACCESS_TOKENS_TABLE: text,
  EPHEMERAL_TABLE: text,
  REFRESH_KEY_ARN: text,
  ACCESS_KEY_ARN: text,
  FORMER_REFRESH_KEY_ARNS: arnList,
  FORMER_ACCESS_KEY_ARNS: arnList,
  CLIENT_SECRET_ID: text,
  EVENT_BUS_NAME: text,
  VAULT_NAME: text,
  /** `-` where there is none: no id begins with it. */
  CANARY_CONNECTION_ID: text,
});

/** The environment as the deployment must state it. */
export type RotateEnvironment = v.InferInput<typeof rotateEnv>;
