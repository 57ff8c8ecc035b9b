import fc from 'fast-check';
import { PROVIDER_MODES, type ProviderMode } from '../../../../local/ims/refresh-token-rules.ts';
import {
  type CommonActor,
  REVOCATION_ENDS,
  REVOCATION_SCOPES,
  type Revocation,
  type Who,
} from '../race-terms.ts';
import { RACE_FAULTS, type RaceFault } from './raced-process.ts';

/** How the connection stands when the race begins. */
export const STARTS = [
  'young',
  'due',
  'expired',
  'cached',
  'parked',
  'parked under a lease',
  'holder died',
  'user must act',
  'disconnecting',
  'nothing',
] as const;

export type Start = (typeof STARTS)[number];

export type Actor =
  | CommonActor
  | { readonly kind: 'vend-rotate' }
  /** The backend redeems a consent that was given before the race; two actors may redeem one code. */
  | { readonly kind: 'redeem'; readonly who: Who }
  /** The browser comes back from Adobe during the race, and the backend redeems. */
  | { readonly kind: 'consent'; readonly who: Who }
  | { readonly kind: 'time'; readonly passesMs: number };

export interface PlannedRaceFault {
  /** Whose processes meet it. */
  readonly actor: number;
  /** Which call of theirs, from 1. */
  readonly call: number;
  readonly kind: RaceFault;
}

export interface RacePlan {
  readonly mode: ProviderMode;
  readonly revocation: Revocation;
  readonly start: Start;
  /** The owner has a second connection, which no actor but `erase` means. */
  readonly neighbour: boolean;
  readonly actors: readonly Actor[];
  readonly faults: readonly PlannedRaceFault[];
}

const MOST_CALLS = 24;

const who = fc.constantFrom<Who>('owner', 'other');

const actor: fc.Arbitrary<Actor> = fc.oneof(
  { weight: 4, arbitrary: fc.constant<Actor>({ kind: 'schedule' }) },
  { weight: 4, arbitrary: fc.constant<Actor>({ kind: 'vend-rotate' }) },
  { weight: 2, arbitrary: fc.constant<Actor>({ kind: 'vend' }) },
  { weight: 3, arbitrary: fc.constant<Actor>({ kind: 'disconnect' }) },
  { weight: 2, arbitrary: fc.constant<Actor>({ kind: 'parked-schedule' }) },
  { weight: 1, arbitrary: fc.constant<Actor>({ kind: 'reconcile' }) },
  { weight: 4, arbitrary: who.map((one): Actor => ({ kind: 'redeem', who: one })) },
  { weight: 2, arbitrary: who.map((one): Actor => ({ kind: 'consent', who: one })) },
  { weight: 3, arbitrary: fc.constantFrom<Actor>({ kind: 'operator' }, { kind: 'canary' }) },
  { weight: 3, arbitrary: fc.constant<Actor>({ kind: 'narrow' }) },
  { weight: 3, arbitrary: fc.constant<Actor>({ kind: 'revoke-access' }) },
  { weight: 2, arbitrary: fc.constant<Actor>({ kind: 'erase' }) },
  { weight: 2, arbitrary: fc.constant<Actor>({ kind: 'reseal' }) },
  {
    weight: 2,
    arbitrary: fc
      .record({ who, replace: fc.boolean() })
      .map(({ who: one, replace }): Actor => ({ kind: 'import', who: one, replace })),
  },
  {
    weight: 2,
    arbitrary: fc
      .constantFrom(1_000, 5_000, 16_000, 25_000, 64_000)
      .map((passesMs): Actor => ({ kind: 'time', passesMs })),
  },
);

const fault: fc.Arbitrary<PlannedRaceFault> = fc.record({
  actor: fc.nat({ max: 5 }),
  call: fc.integer({ min: 1, max: MOST_CALLS }),
  kind: fc.constantFrom(...RACE_FAULTS),
});

/** Any mix of two to six actors; half of the races have no fault at all. */
export const racePlans: fc.Arbitrary<RacePlan> = fc.record({
  mode: fc.constantFrom(...PROVIDER_MODES),
  revocation: fc.record({
    scope: fc.constantFrom(...REVOCATION_SCOPES),
    ends: fc.constantFrom(...REVOCATION_ENDS),
  }),
  neighbour: fc.oneof(
    { weight: 3, arbitrary: fc.constant(false) },
    { weight: 1, arbitrary: fc.constant(true) },
  ),
  start: fc.oneof(
    { weight: 2, arbitrary: fc.constantFrom<Start>('young', 'due', 'expired', 'cached') },
    { weight: 1, arbitrary: fc.constantFrom(...STARTS) },
  ),
  actors: fc.array(actor, { minLength: 2, maxLength: 6 }),
  faults: fc.oneof(fc.constant([]), fc.array(fault, { minLength: 1, maxLength: 2 })),
});
