import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkRaces } from '../../verify/races/fakes/check-races.ts';
import type { Actor, RacePlan } from '../../verify/races/fakes/race-plan.ts';
import { WEAKENINGS } from '../../verify/races/fakes/weakenings.ts';

/** Each seed gives a different set of schedules, always the same one. */
const SEEDS = [1, 2] as const;
/** For a plan without a revocation. */
const QUIET = {
  revocation: fc.constant({ scope: 'unknown', ends: 'grant' } as const),
  neighbour: fc.constant(false),
};

describe('The real use cases in any order of their calls', () => {
  it.each(SEEDS)('break no rule in a thousand schedules (seed %i)', async (seed) => {
    const { runs, failures, posts, replayedThroughModel } = await checkRaces({
      runs: 1_000,
      seed,
      replayOneIn: 50,
    });
    expect(failures.map(({ what }) => what)).toEqual([]);
    expect(runs).toBe(1_000);
    expect(posts).toBeGreaterThan(200);
    expect(replayedThroughModel).toBeGreaterThan(8);
  });

  it('post once for any number of callers when nothing fails', async () => {
    const caller = fc.constantFrom<Actor>({ kind: 'vend' }, { kind: 'vend-rotate' }, { kind: 'schedule' });
    const plans: fc.Arbitrary<RacePlan> = fc.record({
      mode: fc.constantFrom('strict', 'family'),
      ...QUIET,
      start: fc.constantFrom('young', 'due', 'expired'),
      actors: fc.array(caller, { minLength: 4, maxLength: 6 }),
      faults: fc.constant([]),
    });
    const { failures } = await checkRaces({ runs: 60, seed: 3, plans, replayOneIn: 20 });
    expect(failures.map(({ what }) => what)).toEqual([]);
  });
});

const PER_USER = { mode: 'reuse', revocation: { scope: 'unknown', ends: 'user' }, faults: [] } as const;
const CONSENT: Actor = { kind: 'consent', who: 'owner' };
const ERASE: Actor = { kind: 'erase' };
const TAKEOVER: Actor = { kind: 'import', who: 'other', replace: true };

/** A consent under an id that is not stored as the user's, while the user's other connection is erased. */
const UNKNOWN_USERS: readonly (readonly [string, RacePlan])[] = [
  ['an unused id', { ...PER_USER, neighbour: true, start: 'nothing', actors: [CONSENT, ERASE] }],
  [
    'an id of another user',
    { ...PER_USER, neighbour: true, start: 'due', actors: [CONSENT, ERASE, TAKEOVER] },
  ],
];
const KNOWN_USER: RacePlan = {
  ...PER_USER,
  neighbour: false,
  start: 'due',
  actors: [CONSENT, { kind: 'disconnect' }],
};

describe('A consent whose user only the exchange names', () => {
  it.each(UNKNOWN_USERS)('may be lost under %s before its marks are written', async (_, plan) => {
    const plans = fc.constant(plan);
    const { failures, lostInWindow } = await checkRaces({ runs: 120, seed: 4, plans, replayOneIn: 60 });
    expect(failures.map(({ what }) => what)).toEqual([]);
    expect(lostInWindow).toBeGreaterThan(0);
  });

  it.each([...UNKNOWN_USERS, ["the user's own id", KNOWN_USER] as const])(
    'may not be lost under %s for lack of a mark',
    async (_, plan) => {
      const weaken = WEAKENINGS['a consent that leaves no mark'];
      const { failures } = await checkRaces({ runs: 200, seed: 1, plans: fc.constant(plan), weaken });
      expect(failures[0]?.what).toContain('a revocation ended a grant that was to be kept');
    },
  );

  it('is within this limit in the race that was first found', async () => {
    const path = '117:0:1:12:11:12:11:11:11:11:13:13';
    const { runs, failures, lostInWindow } = await checkRaces({ runs: 1_000, seed: 424_243, path });
    expect({ runs, failures, lostInWindow }).toEqual({ runs: 1, failures: [], lostInWindow: 1 });
  });
});

describe('The search of races', () => {
  it.each([
    ['a claim that ignores the lease', 'I1'],
    ['a consent that ignores the generation', 'I9'],
    ['a publish without a condition', 'I9'],
  ] as const)('finds %s', async (name, rule) => {
    const { failures } = await checkRaces({ runs: 400, seed: 1, weaken: WEAKENINGS[name] });
    expect(failures[0]?.what).toContain(rule);
  });

  it('finds a claimer that does not look for what is parked', async () => {
    const plans: fc.Arbitrary<RacePlan> = fc.record({
      mode: fc.constantFrom('strict', 'family'),
      ...QUIET,
      start: fc.constant('parked'),
      actors: fc.array(fc.constantFrom<Actor>({ kind: 'schedule' }, { kind: 'parked-schedule' }), {
        minLength: 2,
        maxLength: 3,
      }),
      faults: fc.constant([]),
    });
    const weaken = WEAKENINGS['a claimer that does not look for what is parked'];
    const { failures } = await checkRaces({ runs: 200, seed: 1, plans, weaken });
    expect(failures[0]?.what).toContain('a grant was lost outside the window');
  });

  it.each([
    [
      'a revocation that looks for no other connection of the person',
      [{ kind: 'disconnect' }, { kind: 'schedule' }],
      'a revocation ended a grant that was to be kept',
    ],
    ['an ending that leaves the narrower access tokens', [{ kind: 'narrow' }, { kind: 'disconnect' }], 'I7'],
  ] as const)('finds %s', async (name, kind, rule) => {
    const plans: fc.Arbitrary<RacePlan> = fc.record({
      mode: fc.constant('strict'),
      revocation: fc.constant({ scope: 'unknown', ends: 'user' } as const),
      neighbour: fc.constant(true),
      start: fc.constant('cached'),
      actors: fc.shuffledSubarray<Actor>([...kind], { minLength: kind.length }),
      faults: fc.constant([]),
    });
    const { failures } = await checkRaces({ runs: 200, seed: 1, plans, weaken: WEAKENINGS[name] });
    expect(failures[0]?.what).toContain(rule);
  });

  it('replays a failure from its seed and path', async () => {
    const weaken = WEAKENINGS['a claim that ignores the lease'];
    const [found] = (await checkRaces({ runs: 400, seed: 1, weaken })).failures;
    if (!found) throw new Error('Nothing was found.');
    const { seed, path } = found;
    const [again] = (await checkRaces({ runs: 400, seed, path, weaken })).failures;
    expect(again?.what.split('\n')[0]).toBe(found.what.split('\n')[0]);
  });
});
