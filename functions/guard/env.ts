import * as v from 'valibot';
import { positiveInteger, text } from '../platform/env/fields.ts';
import { schedulingEntries } from '../platform/env/shared-entries.ts';

export const guardEnv = v.object({
  ...schedulingEntries,
  CONNECTIONS_TABLE: text,
  EPHEMERAL_TABLE: text,
  MAX_ALARMS_PER_MINUTE: positiveInteger,
});

/** The environment as the deployment must state it. */
export type GuardEnvironment = v.InferInput<typeof guardEnv>;
