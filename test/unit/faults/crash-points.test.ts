import { describe, expect, it } from 'vitest';
import { runFirstAnswers, runShortGrace } from '../../verify/faults/answers/run-answer-faults.ts';
import { createCrashWorld } from '../../verify/faults/crash-world.ts';
import { ambiguous, differences, readExpectations } from '../../verify/faults/expected-outcomes.ts';
import type { Scenario } from '../../verify/faults/preparations.ts';
import { type FaultyRun, runCrashPoints, runOnce } from '../../verify/faults/run-crash-points.ts';
import { SCENARIOS } from '../../verify/faults/scenarios.ts';
import { runWireFaults } from '../../verify/faults/wire/wired-world.ts';

function named(...names: readonly string[]): readonly Scenario[] {
  return names.map((name) => {
    const scenario = SCENARIOS.find((one) => one.name === name);
    if (scenario === undefined) throw new Error(`There is no scenario "${name}".`);
    return scenario;
  });
}

describe('A process that fails at any of its awaits', () => {
  const scenarios = named(
    'rotate by schedule',
    'recover by the next claimer',
    'disconnect',
    'redeem',
    'revoke',
  );

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

describe('A process that fails at any request of its real adapters', () => {
  it('leaves what was expected of it', async () => {
    const { points, runs } = await runWireFaults(
      named('recover by the parked schedule', 'redeem of a sign-in'),
    );
    expect(points).toBeGreaterThan(4);
    expect(runs.flatMap(({ broken }) => broken)).toEqual([]);
    const faulty = runs.filter(({ kind }) => kind !== 'none');
    expect(differences(readExpectations(), faulty)).toEqual([]);
  });
});

describe('A process whose answer of IMS arrives in an unusual way', () => {
  it('leaves what was expected of it', async () => {
    const { runs } = await runFirstAnswers(['rotate by schedule'], ['strict']);
    expect(runs.length).toBeGreaterThan(100);
    expect(runs.flatMap(({ broken }) => broken)).toEqual([]);
    expect(differences(readExpectations(), runs)).toEqual([]);
    expect(ambiguous(runs)).toEqual([]);
    const [first] = runs;
    const other = { ...first, line: 'told rotated; active, grant lost' } as FaultyRun;
    expect(ambiguous([...runs, other]), 'what is pinned as one must not end in two ways').toHaveLength(1);
  });

  it('repairs within the same run what a grace of a minute allows', async () => {
    const runs = await runShortGrace(['rotate by schedule']);
    expect(runs.length).toBeGreaterThan(100);
    expect(runs.flatMap(({ broken }) => broken)).toEqual([]);
  });
});

describe('The search of crash points', () => {
  it('distinguishes a token that was posted again too late from one that was lost in the window', async () => {
    const [scenario] = named('rotate by schedule');
    if (!scenario) throw new Error('There is no such scenario.');
    const died = { point: 'ims.refresh#1', kind: 'stop-after' } as const;
    const short = await runOnce(scenario, 'grace', died, (mode) => createCrashWorld(mode, 60_000));
    expect(short.run).toMatchObject({ grant: 'lost', repostedTooLate: true, broken: [] });
    const long = await runOnce(scenario, 'grace', died);
    expect(long.run).toMatchObject({ grant: 'kept', repostedTooLate: false });
  });

  it.each([
    ['what a caller gets', (token: string) => Promise.resolve(token)],
    ['an error', (token: string) => Promise.reject(new Error('Outer.', { cause: new Error(token) }))],
    ['an error', (token: string) => Promise.reject(new Error(Buffer.from(`x${token}`).toString('base64')))],
  ])('finds a secret that shows in %s', async (place, tell) => {
    const [scenario] = named('rotate by schedule');
    if (!scenario) throw new Error('There is no such scenario.');
    const { run } = await runOnce(
      {
        ...scenario,
        prepare: async (world) => ({
          ...(await scenario.prepare(world)),
          run: () => tell(world.ims.ledger.issued()[0] ?? ''),
        }),
      },
      'strict',
    );
    expect(run.broken).toContain(`a secret shows in ${place}`);
  });

  it('finds the loss when a successor can neither be committed nor parked', async () => {
    const [scenario] = named('rotate, the store takes no write after the claim');
    if (!scenario) throw new Error('There is no such scenario.');
    const weakened: Scenario = {
      ...scenario,
      outage: (point) => (/^(connections\.update|parking\.park)#/.test(point) ? 'fail' : undefined),
    };
    const { run } = await runOnce(weakened, 'strict');
    expect(run.broken).toContain('a grant was lost outside the window');
  });

  it('fails a point without an expectation, and an unexpected outcome', async () => {
    const { runs } = await runCrashPoints(named('reconcile'), ['strict']);
    expect(differences({}, runs)).toHaveLength(runs.length);
    const wrong = { reconcile: { none: { 'told rescheduled 2': 'none' } } };
    expect(differences(wrong, runs.slice(0, 1))).toEqual([expect.stringContaining('unexpected')]);
  });
});
