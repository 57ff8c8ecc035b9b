import { describe, expect, it } from 'vitest';
import { differences, readExpectations } from '../../crash-points/expected-outcomes.ts';
import { runCrashPoints, runOnce } from '../../crash-points/run-crash-points.ts';
import type { Scenario } from '../../crash-points/scenario.ts';
import { SCENARIOS } from '../../crash-points/scenarios.ts';

const named = (...names: readonly string[]): readonly Scenario[] =>
  SCENARIOS.filter(({ name }) => names.includes(name));

describe('A process that fails at any of its awaits', () => {
  const scenarios = named('rotate by alarm', 'adopt by the next claimer', 'disconnect', 'redeem');

  it.each(['grace', 'strict'] as const)(
    'leaves what was expected of it, with a %s provider',
    async (mode) => {
      const { points, runs } = await runCrashPoints(scenarios, [mode]);
      expect(points).toBeGreaterThan(30);
      expect(runs.flatMap(({ broken }) => broken)).toEqual([]);
      expect(differences(readExpectations(), runs)).toEqual([]);
    },
  );
});

describe('The search of crash points', () => {
  it('finds the loss when a successor can neither be committed nor parked', async () => {
    const [scenario] = named('rotate, the store takes no write after the claim');
    if (!scenario) throw new Error('There is no such scenario.');
    const weakened: Scenario = {
      ...scenario,
      weather: (point) => (/^(connections\.amend|parking\.park)#/.test(point) ? 'fail' : undefined),
    };
    const { run } = await runOnce(weakened, 'strict');
    expect(run.broken).toContain('a grant was lost outside the window');
  });

  it('fails a point nobody has judged, and an outcome nobody expected', async () => {
    const { runs } = await runCrashPoints(named('guard'), ['strict']);
    expect(differences({}, runs)).toHaveLength(runs.length);
    const wrong = { guard: { none: { 'told rearmed 2': 'none' } } };
    expect(differences(wrong, runs.slice(0, 1))).toEqual([expect.stringContaining('unexpected')]);
  });
});
