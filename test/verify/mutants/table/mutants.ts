import type { Mutant } from '../mutant.ts';
import { BOUND_MUTANTS } from './bound-mutants.ts';
import { BREAKER_MUTANTS } from './breaker-mutants.ts';
import { CLIENT_MUTANTS } from './client-mutants.ts';
import { CONSENT_MUTANTS } from './consent-mutants.ts';
import { DECISION_MUTANTS } from './decision-mutants.ts';
import { DISCONNECT_MUTANTS } from './disconnect-mutants.ts';
import { FENCE_MUTANTS } from './fence-mutants.ts';
import { IMPORT_MUTANTS } from './import-mutants.ts';
import { POSTING_MUTANTS } from './posting-mutants.ts';
import { RECOVERY_MUTANTS } from './recovery-mutants.ts';
import { SCHEDULE_MUTANTS } from './schedule-mutants.ts';
import { SEAL_MUTANTS } from './seal-mutants.ts';
import { STORE_MUTANTS } from './store-mutants.ts';
import { VERIFICATION_MUTANTS } from './verification-mutants.ts';

/** Every safeguard that is removed, and the proofs that must notice. */
export const MUTANTS: readonly Mutant[] = [
  ...POSTING_MUTANTS,
  ...RECOVERY_MUTANTS,
  ...DISCONNECT_MUTANTS,
  ...SCHEDULE_MUTANTS,
  ...DECISION_MUTANTS,
  ...BREAKER_MUTANTS,
  ...STORE_MUTANTS,
  ...SEAL_MUTANTS,
  ...CLIENT_MUTANTS,
  ...FENCE_MUTANTS,
  ...CONSENT_MUTANTS,
  ...IMPORT_MUTANTS,
  ...BOUND_MUTANTS,
  ...VERIFICATION_MUTANTS,
];
