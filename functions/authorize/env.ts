import * as v from 'valibot';
import { text } from '../platform/env/fields.ts';
import { browserEntries, credentialEntries } from '../platform/env/shared-entries.ts';

export const authorizeEnv = v.object({ ...credentialEntries, ...browserEntries, EPHEMERAL_TABLE: text });

/** The environment as the deployment must state it. */
export type AuthorizeEnvironment = v.InferInput<typeof authorizeEnv>;
