import * as v from 'valibot';
import { nonEmptyText, positiveInteger, schedulingEntries } from '../adapters/env/environment.ts';

export const reconcileEnv = v.object({
  ...schedulingEntries,
  CONNECTIONS_TABLE: nonEmptyText,
  EPHEMERAL_TABLE: nonEmptyText,
  MAX_SCHEDULES_PER_MINUTE: positiveInteger,
});

/** The environment as the deployment must state it. */
export type ReconcileEnvironment = v.InferInput<typeof reconcileEnv>;
