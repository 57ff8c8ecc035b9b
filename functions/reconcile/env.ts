import * as v from 'valibot';
import { positiveInteger, schedulingEntries, text } from '../adapters/env/environment.ts';

export const reconcileEnv = v.object({
  ...schedulingEntries,
  CONNECTIONS_TABLE: text,
  EPHEMERAL_TABLE: text,
  MAX_SCHEDULES_PER_MINUTE: positiveInteger,
});

/** The environment as the deployment must state it. */
export type ReconcileEnvironment = v.InferInput<typeof reconcileEnv>;
