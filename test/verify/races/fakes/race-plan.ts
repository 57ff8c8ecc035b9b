import fc from 'fast-check';
import { PROVIDER_MODES, type ProviderMode } from '../../../../local/ims/refresh-token-rules.ts';
import { RACE_FAULTS, type RaceFault } from './raced-process.ts';

/** How the connection stands when the race begins. */
export const STARTS = [
  'young',
  'due',
  'expired',
  'cached',
  'parked',
  'parked beside a lease',
  'holder died',
  'user must act',
  'disconnecting',
  'nothing',
] as const;

export type Start = (typeof STARTS)[number];

/** The user whose connection it is, and somebody else who consents under the same id. */
export type Who = 'owner' | 'other';

/** What the vault's setting says of a revocation at Adobe. */
export const REVOCATION_SCOPES = ['unknown', 'token', 'user'] as const;
/** What a revocation really ends there. */
export const REVOCATION_ENDS = ['token', 'grant', 'user'] as const;

export interface Revocation {
  readonly scope: (typeof REVOCATION_SCOPES)[number];
  readonly ends: (typeof REVOCATION_ENDS)[number];
}

/** The setting claims that a token ends alone, and Adobe ends more: what is lost to that, no vault can keep. */
export function isFalseClaim({ scope, ends }: Revocation): boolean {
  return scope === 'token' && ends !== 'token';
}

export type Actor =
  | { readonly does: 'schedule' | 'vend' | 'vend-rotate' | 'disconnect' | 'parked-schedule' | 'reconcile' }
  /** Rotations that are asked for, whatever is due. */
  | { readonly does: 'operator' | 'canary' }
  /** A caller that wants fewer scopes than were granted. */
  | { readonly does: 'narrow' }
  /** `DELETE /access-tokens/{id}`. */
  | { readonly does: 'revoke-access' }
  /** Every connection of the owner is ended. */
  | { readonly does: 'erase' }
  /** The key was replaced: what was sealed before the race is sealed again. */
  | { readonly does: 'reseal' }
  /** A token that another system holds; two actors may bring the same one. */
  | { readonly does: 'import'; readonly who: Who; readonly replace: boolean }
  /** The backend redeems a consent that was given before the race; two actors may redeem one code. */
  | { readonly does: 'redeem'; readonly who: Who }
  /** The browser comes back from Adobe during the race, and the backend redeems. */
  | { readonly does: 'consent'; readonly who: Who }
  | { readonly does: 'time'; readonly passesMs: number };

export interface PlannedRaceFault {
  /** Whose processes are struck. */
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
  { weight: 4, arbitrary: fc.constant<Actor>({ does: 'schedule' }) },
  { weight: 4, arbitrary: fc.constant<Actor>({ does: 'vend-rotate' }) },
  { weight: 2, arbitrary: fc.constant<Actor>({ does: 'vend' }) },
  { weight: 3, arbitrary: fc.constant<Actor>({ does: 'disconnect' }) },
  { weight: 2, arbitrary: fc.constant<Actor>({ does: 'parked-schedule' }) },
  { weight: 1, arbitrary: fc.constant<Actor>({ does: 'reconcile' }) },
  { weight: 4, arbitrary: who.map((one): Actor => ({ does: 'redeem', who: one })) },
  { weight: 2, arbitrary: who.map((one): Actor => ({ does: 'consent', who: one })) },
  { weight: 3, arbitrary: fc.constantFrom<Actor>({ does: 'operator' }, { does: 'canary' }) },
  { weight: 3, arbitrary: fc.constant<Actor>({ does: 'narrow' }) },
  { weight: 3, arbitrary: fc.constant<Actor>({ does: 'revoke-access' }) },
  { weight: 2, arbitrary: fc.constant<Actor>({ does: 'erase' }) },
  { weight: 2, arbitrary: fc.constant<Actor>({ does: 'reseal' }) },
  {
    weight: 2,
    arbitrary: fc
      .record({ who, replace: fc.boolean() })
      .map(({ who: one, replace }): Actor => ({ does: 'import', who: one, replace })),
  },
  {
    weight: 2,
    arbitrary: fc
      .constantFrom(1_000, 5_000, 16_000, 25_000, 64_000)
      .map((passesMs): Actor => ({ does: 'time', passesMs })),
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
