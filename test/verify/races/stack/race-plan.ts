import fc from 'fast-check';
import { PROVIDER_MODES, type ProviderMode } from '../../../../local/ims/refresh-token-rules.ts';
import type { CommonActor, Who } from '../race-terms.ts';

/** What happens to one connection in one run. The same seed always draws the same plan. */
export interface RacePlan {
  readonly seed: number;
  readonly mode: ProviderMode;
  /** `due`: eight days after the consent; `expired`: two, when the access token is gone and nothing else is due. */
  readonly start: RaceStart;
  /** The run begins where a rotator has parked a successor and gone. */
  readonly parked: boolean;
  readonly actors: readonly RaceActor[];
  readonly jitter: Jitter;
  readonly imsFault: RaceImsFault | undefined;
  readonly tableFault: RaceTableFault | undefined;
  readonly kill: RaceKill | undefined;
}

export type RaceStart = 'due' | 'expired';

export type RaceActor = { readonly afterMs: number } & (
  | CommonActor
  /** Which of a user's consents is redeemed: the same one twice is a double redeem. */
  | { readonly kind: 'redeem'; readonly who: Who; readonly which: number }
);

/** An actor that waits for an access token. */
export function isVend({ kind }: RaceActor): boolean {
  return kind === 'vend' || kind === 'narrow';
}

/** Real milliseconds that some calls of this connection are held up at the stand-ins. */
export interface Jitter {
  readonly share: number;
  readonly storeReadMs: number;
  readonly storeWriteMs: number;
  readonly keyMs: number;
  readonly schedulerMs: number;
}

export type RaceImsFault =
  | 'cut-after-commit'
  | 'cut-before-processing'
  | 'cut-within-answer'
  | 'unavailable'
  | 'unavailable-after-commit'
  | 'slow'
  | 'slow-before';

export interface RaceTableFault {
  readonly effect: 'drop' | 'loseReply';
  /** Which of the connection's writes meets it, from 1. */
  readonly write: number;
}

/** The rotator at work on the connection is ended this long after IMS has seen its first post. */
export interface RaceKill {
  readonly afterPostMs: number;
}

const IMS_FAULTS: readonly RaceImsFault[] = [
  'cut-after-commit',
  'cut-before-processing',
  'cut-within-answer',
  'unavailable',
  'unavailable-after-commit',
  'slow',
  'slow-before',
];

const afterMs = fc.integer({ min: 0, max: 60 });

function actorOf<const Kind extends Exclude<RaceActor['kind'], 'redeem' | 'import'>>(kind: Kind) {
  return fc.record({ kind: fc.constant(kind), afterMs });
}

const actor: fc.Arbitrary<RaceActor> = fc.oneof(
  { weight: 8, arbitrary: actorOf('vend') },
  { weight: 5, arbitrary: actorOf('schedule') },
  { weight: 2, arbitrary: actorOf('operator') },
  { weight: 3, arbitrary: actorOf('disconnect') },
  { weight: 1, arbitrary: actorOf('reconcile') },
  { weight: 1, arbitrary: actorOf('canary') },
  { weight: 2, arbitrary: actorOf('narrow') },
  { weight: 2, arbitrary: actorOf('revoke-access') },
  { weight: 1, arbitrary: actorOf('erase') },
  { weight: 1, arbitrary: actorOf('reseal') },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('import' as const),
      who: fc.constantFrom('owner' as const, 'other' as const),
      replace: fc.boolean(),
      afterMs,
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('redeem' as const),
      who: fc.constantFrom('owner' as const, 'other' as const),
      which: fc.integer({ min: 0, max: 1 }),
      afterMs,
    }),
  },
);

const jitter: fc.Arbitrary<Jitter> = fc.record({
  share: fc.double({ min: 0, max: 0.6, noNaN: true }),
  storeReadMs: fc.integer({ min: 1, max: 40 }),
  storeWriteMs: fc.integer({ min: 1, max: 60 }),
  keyMs: fc.integer({ min: 1, max: 30 }),
  schedulerMs: fc.integer({ min: 1, max: 40 }),
});

function inPercent<Value>(percent: number, value: fc.Arbitrary<Value>): fc.Arbitrary<Value | undefined> {
  return fc.oneof(
    { weight: percent, arbitrary: value },
    { weight: 100 - percent, arbitrary: fc.constant(undefined) },
  );
}

const plan: fc.Arbitrary<Omit<RacePlan, 'seed'>> = fc
  .record({
    mode: fc.constantFrom(...PROVIDER_MODES),
    start: fc.constantFrom<RaceStart>('due', 'due', 'expired'),
    parked: fc.constantFrom(false, false, false, true),
    actors: fc.oneof(
      { weight: 3, arbitrary: fc.array(actor, { minLength: 2, maxLength: 4, size: 'max' }) },
      { weight: 1, arbitrary: fc.array(actor, { minLength: 5, maxLength: 6, size: 'max' }) },
    ),
    firesAfterMs: afterMs,
    jitter,
    imsFault: inPercent(30, fc.constantFrom(...IMS_FAULTS)),
    tableFault: inPercent(
      20,
      fc.record({
        effect: fc.constantFrom('drop' as const, 'loseReply' as const),
        write: fc.integer({ min: 1, max: 4 }),
      }),
    ),
    kill: inPercent(12, fc.record({ afterPostMs: fc.integer({ min: 0, max: 30 }) })),
  })
  .map(({ firesAfterMs, actors, ...drawn }) => ({
    ...drawn,
    actors: drawn.parked
      ? [...actors.slice(0, 5), { kind: 'parked-schedule' as const, afterMs: firesAfterMs }]
      : actors,
  }));

/** Draws the plan of one seed. */
export function racePlan(seed: number): RacePlan {
  const [drawn] = fc.sample(plan, { seed, numRuns: 1 });
  if (!drawn) throw new Error('fast-check drew nothing.');
  return { seed, ...drawn };
}

/** No seed that is drawn reaches this far: each kept plan has a connection of its own. */
const FIRST_KEPT = 4_000_000_000;

/** Plans that once broke a rule. They run in addition to what a seed draws, which changes with every new kind of actor. */
export const KEPT_PLANS: readonly RacePlan[] = [
  // An answer that breaks off behind the access token, of a rotation right after a parked successor was recovered.
  {
    seed: FIRST_KEPT,
    mode: 'family',
    start: 'due',
    parked: true,
    jitter: { share: 0, storeReadMs: 1, storeWriteMs: 58, keyMs: 25, schedulerMs: 6 },
    actors: [
      { kind: 'schedule', afterMs: 9 },
      { kind: 'vend', afterMs: 5 },
      { kind: 'parked-schedule', afterMs: 0 },
    ],
    imsFault: 'cut-within-answer',
    tableFault: undefined,
    kill: undefined,
  },
];
