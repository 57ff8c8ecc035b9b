import type { RacePlan } from './race-plan.ts';

/** No seed that is drawn reaches this far: each kept plan has a connection of its own. */
const FIRST_KEPT = 4_000_000_000;

/** Plans that once broke a rule. They are raced beside whatever a seed draws, which is another plan once there are more actors. */
export const KEPT_PLANS: readonly RacePlan[] = [
  // An answer that breaks off behind the access token, of a rotation right after a parked successor was recovered.
  {
    seed: FIRST_KEPT,
    mode: 'family',
    start: 'due',
    parked: true,
    jitter: { share: 0, storeReadMs: 1, storeWriteMs: 58, keyMs: 25, schedulerMs: 6 },
    operations: [
      { kind: 'schedule', afterMs: 9 },
      { kind: 'vend', afterMs: 5 },
      { kind: 'ring', afterMs: 0 },
    ],
    imsFault: 'cut-within-answer',
    storeFault: undefined,
    kill: undefined,
  },
];
