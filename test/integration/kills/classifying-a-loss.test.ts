import { describe, expect, it } from 'vitest';
import { PROVIDER_MODES } from '../../../local/ims/refresh-token-rules.ts';
import { classifyLoss, type WatchedRotation } from '../../verify/kills/classify-loss.ts';
import { keepsThePromise, modeFigures, partsOf, quantilesOf } from '../../verify/kills/figures.ts';
import { NO_LATENCY, planRotation, type RotationPlan } from '../../verify/kills/rotation-plan.ts';
import type { SeenMoment, Sighting } from '../../verify/kills/watch-rotations.ts';

const MINUTE_MS = 60_000;

/** Sightings ten milliseconds apart; `later` ones come after `minutes` of the world's time. */
function seen(first: readonly SeenMoment[], later: readonly SeenMoment[] = [], minutes = 2): Sighting[] {
  return [...first, ...later].map((moment, at) => ({
    moment,
    atMonotonicMs: at * 10,
    atMs: at * 10 + (at < first.length ? 0 : minutes * MINUTE_MS),
  }));
}

function lost(file: Partial<WatchedRotation>): WatchedRotation {
  return {
    mode: 'strict',
    graceSeconds: 60,
    grant: 'lost',
    sightings: seen(
      ['invoked', 'began', 'arrived', 'consumed', 'killed', 'returned'],
      ['arrived', 'answered'],
    ),
    ...file,
  };
}

describe('A lost connection', () => {
  it.each(['strict', 'family'] as const)('in %s is explained by a kill in the window', (mode) => {
    expect(classifyLoss(lost({ mode }))).toEqual({ finding: 'lost-in-window', killPhase: 'theirs' });
    const answered = seen(['arrived', 'consumed', 'answered', 'killed', 'returned'], ['arrived']);
    expect(classifyLoss(lost({ mode, sightings: answered }))).toEqual({
      finding: 'lost-in-window',
      killPhase: 'ours',
    });
  });

  it('is explained when IMS consumed what the killed worker had posted', () => {
    const sightings = seen(['arrived', 'killed', 'returned', 'consumed', 'undelivered'], ['arrived']);
    expect(classifyLoss(lost({ sightings }))).toEqual({ finding: 'lost-in-window', killPhase: 'posting' });
  });

  it('is never explained in reuse', () => {
    expect(classifyLoss(lost({ mode: 'reuse' })).finding).toBe('lost-outside');
  });

  it('is not explained without a kill', () => {
    const sightings = seen(['arrived', 'consumed', 'answered', 'returned'], ['arrived']);
    expect(classifyLoss(lost({ sightings }))).toEqual({ finding: 'lost-outside', killPhase: 'never' });
  });

  it('is not explained by a kill before anything was posted', () => {
    const sightings = seen(
      ['invoked', 'began', 'killed', 'returned'],
      ['arrived', 'consumed', 'undelivered'],
    );
    expect(classifyLoss(lost({ sightings }))).toEqual({ finding: 'lost-outside', killPhase: 'before-post' });
  });

  it.each(['stored', 'parked'] as const)(
    'is not explained once its successor was %s, even if the answer was lost',
    (kept) => {
      const sightings = seen(['arrived', 'consumed', 'answered', kept, 'killed', 'returned'], ['arrived']);
      expect(classifyLoss(lost({ sightings })).finding).toBe('lost-outside');
    },
  );

  it('is not explained by a kill after the answer', () => {
    const sightings = seen(
      ['arrived', 'consumed', 'answered', 'stored', 'acknowledged', 'killed', 'returned'],
      ['arrived'],
    );
    expect(classifyLoss(lost({ sightings }))).toEqual({ finding: 'lost-outside', killPhase: 'after' });
  });
});

describe('A connection lost in grace', () => {
  const inGrace = (
    graceSeconds: WatchedRotation['graceSeconds'],
    minutes: number,
    later: SeenMoment[] = ['arrived'],
  ) =>
    classifyLoss(
      lost({
        mode: 'grace',
        graceSeconds,
        sightings: seen(['arrived', 'consumed', 'killed', 'returned'], later, minutes),
      }),
    ).finding;

  it('is counted apart when the re-post came after the grace ended', () => {
    expect(inGrace(60, 2)).toBe('lost-after-grace');
  });

  it('is not explained when the re-post came in time', () => {
    expect(inGrace(600, 2)).toBe('lost-outside');
    expect(inGrace('until-successor-used', 200)).toBe('lost-outside');
  });

  it('is not explained without a second post', () => {
    expect(inGrace(60, 2, [])).toBe('lost-outside');
  });
});

describe('The decision over a run', () => {
  const plan: RotationPlan = { trigger: 'vend', latency: NO_LATENCY, askedSoon: false };
  const endedAs = (file: WatchedRotation) => ({
    subject: { connectionId: 'c', user: 'u', mode: file.mode, graceSeconds: file.graceSeconds, grant: 'g' },
    plan,
    log: {
      sightings: file.sightings,
      note: () => {},
      once: () => {},
      now: () => ({ atMonotonicMs: 0, atMs: 0 }),
    },
    classified: classifyLoss(file),
  });
  const promiseOver = (...files: WatchedRotation[]) =>
    keepsThePromise({ modes: { strict: modeFigures(files.map(endedAs)) }, problems: 0 });

  it('is good while every loss is explained', () => {
    expect(promiseOver(lost({}), lost({ grant: 'kept' }))).toBe(true);
  });

  it('is bad with one loss outside the window, one grant in an unknown state, or an error of the stack itself', () => {
    expect(promiseOver(lost({}), lost({ mode: 'reuse' }))).toBe(false);
    expect(promiseOver(lost({ grant: 'unclear' }))).toBe(false);
    expect(keepsThePromise({ modes: {}, problems: 1 })).toBe(false);
  });
});

describe('The plan of a run', () => {
  const options = { seed: 7, killShare: 1, outageShare: 0 };
  const plans = Array.from({ length: 400 }, (_, round) => planRotation(options, 'demo.strict-1', round));

  it('is the same for the same seed and another for another', () => {
    expect(plans[3]).toEqual(planRotation(options, 'demo.strict-1', 3));
    expect(plans[3]).not.toEqual(planRotation({ ...options, seed: 8 }, 'demo.strict-1', 3));
  });

  it('kills in every stretch of a rotation, from the invocation to just after the answer', () => {
    const stretches = new Set(plans.map(({ kill }) => kill?.after));
    expect([...stretches].toSorted()).toEqual([
      'acknowledged',
      'answered',
      'arrived',
      'began',
      'consumed',
      'invoked',
      'returned',
      'stored',
    ]);
  });

  it('knows every mode of the provider', () => {
    expect(PROVIDER_MODES).toEqual(['reuse', 'grace', 'strict', 'family']);
  });
});

describe('The size of the window', () => {
  it('ends at the acknowledgement, and its parts meet where the answer was sent', () => {
    const sightings = seen(['arrived', 'consumed', 'answered', 'stored', 'acknowledged']);
    expect(partsOf({ sightings })).toEqual({ theirsMs: 10, oursMs: 20 });
    expect(partsOf({ sightings: sightings.slice(0, 3) })).toBeUndefined();
  });

  it('is given as the nearest rank', () => {
    const values = Array.from({ length: 200 }, (_, at) => 200 - at);
    expect(quantilesOf(values)).toEqual({ p50: 100, p99: 198 });
  });
});
