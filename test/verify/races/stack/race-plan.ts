import fc from 'fast-check';

/** What happens to one connection in one run. The same seed always draws the same plan. */
export interface RacePlan {
  readonly seed: number;
  readonly mode: RaceMode;
  /** `due`: eight days after the consent; `expired`: two, when the access token is gone and nothing else is due. */
  readonly start: RaceStart;
  /** The run begins where a rotator has parked a successor and gone. */
  readonly parked: boolean;
  readonly operations: readonly RaceOperation[];
  readonly jitter: Jitter;
  readonly imsFault: RaceImsFault | undefined;
  readonly storeFault: RaceStoreFault | undefined;
  readonly kill: RaceKill | undefined;
}

export type RaceMode = 'reuse' | 'grace' | 'strict' | 'family';
export type RaceStart = 'due' | 'expired';

export type RaceOperation = { readonly afterMs: number } & (
  | { readonly kind: 'vend' | 'schedule' | 'operator' | 'disconnect' | 'reconcile' | 'ring' }
  | { readonly kind: 'canary' | 'narrow' | 'revoke-access' | 'erase' | 'reseal' }
  /** The token that another system holds of this user; the same one twice is a file that is sent twice. */
  | { readonly kind: 'import'; readonly by: 'same' | 'other'; readonly replace: boolean }
  /** Who consented, and which of their consents it is: the same one twice is a double redeem. */
  | { readonly kind: 'redeem'; readonly by: 'same' | 'other'; readonly which: number }
);

/** Somebody waits for an access token. */
export function isVend({ kind }: RaceOperation): boolean {
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

export interface RaceStoreFault {
  readonly effect: 'drop' | 'loseReply';
  /** Which of the connection's writes it strikes, from 1. */
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
const operationOf = <const Kind extends Exclude<RaceOperation['kind'], 'redeem' | 'import'>>(kind: Kind) =>
  fc.record({ kind: fc.constant(kind), afterMs });

const operation: fc.Arbitrary<RaceOperation> = fc.oneof(
  { weight: 8, arbitrary: operationOf('vend') },
  { weight: 5, arbitrary: operationOf('schedule') },
  { weight: 2, arbitrary: operationOf('operator') },
  { weight: 3, arbitrary: operationOf('disconnect') },
  { weight: 1, arbitrary: operationOf('reconcile') },
  { weight: 1, arbitrary: operationOf('canary') },
  { weight: 2, arbitrary: operationOf('narrow') },
  { weight: 2, arbitrary: operationOf('revoke-access') },
  { weight: 1, arbitrary: operationOf('erase') },
  { weight: 1, arbitrary: operationOf('reseal') },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('import' as const),
      by: fc.constantFrom('same' as const, 'other' as const),
      replace: fc.boolean(),
      afterMs,
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('redeem' as const),
      by: fc.constantFrom('same' as const, 'other' as const),
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

const inPercent = <Value>(percent: number, value: fc.Arbitrary<Value>): fc.Arbitrary<Value | undefined> =>
  fc.oneof(
    { weight: percent, arbitrary: value },
    { weight: 100 - percent, arbitrary: fc.constant(undefined) },
  );

const plan: fc.Arbitrary<Omit<RacePlan, 'seed'>> = fc
  .record({
    mode: fc.constantFrom<RaceMode>('reuse', 'grace', 'strict', 'family'),
    start: fc.constantFrom<RaceStart>('due', 'due', 'expired'),
    parked: fc.constantFrom(false, false, false, true),
    operations: fc.oneof(
      { weight: 3, arbitrary: fc.array(operation, { minLength: 2, maxLength: 4, size: 'max' }) },
      { weight: 1, arbitrary: fc.array(operation, { minLength: 5, maxLength: 6, size: 'max' }) },
    ),
    firesAfterMs: afterMs,
    jitter,
    imsFault: inPercent(30, fc.constantFrom(...IMS_FAULTS)),
    storeFault: inPercent(
      20,
      fc.record({
        effect: fc.constantFrom('drop' as const, 'loseReply' as const),
        write: fc.integer({ min: 1, max: 4 }),
      }),
    ),
    kill: inPercent(12, fc.record({ afterPostMs: fc.integer({ min: 0, max: 30 }) })),
  })
  .map(({ firesAfterMs, operations, ...drawn }) => ({
    ...drawn,
    operations: drawn.parked
      ? [...operations.slice(0, 5), { kind: 'ring' as const, afterMs: firesAfterMs }]
      : operations,
  }));

/** Draws the plan of one seed. */
export function racePlan(seed: number): RacePlan {
  const [drawn] = fc.sample(plan, { seed, numRuns: 1 });
  if (!drawn) throw new Error('fast-check drew nothing.');
  return { seed, ...drawn };
}
