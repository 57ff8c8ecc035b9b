import { expect, inject, it } from 'vitest';
import { KEPT_PLANS } from '../../verify/races/stack/race-plan.ts';
import { runStackRaces } from '../../verify/races/stack/run-stack-races.ts';

const RUNS = 30;

it('keeps every rule while thirty connections are raced for by real functions over HTTP', async () => {
  const report = await runStackRaces({ cdkOut: inject('cdkOut'), runs: RUNS, seed: 1 });
  expect(report.failures).toEqual([]);
  expect(report.runs).toBe(RUNS + KEPT_PLANS.length);
  // Races without any rotation would break no rule either. Kills rarely meet a rotation here: they have a separate test.
  for (const figure of ['vended', 'posts', 'faultsMet', 'recovered', 'disconnected'] as const) {
    expect(report[figure], figure).toBeGreaterThan(0);
  }
  expect(report.grantsKept).toBeGreaterThan(RUNS / 2);
  // The protocol model allows what every run did, and would not have allowed it without its leases.
  const { crossing, ...unknownToModel } = report.beyondModel;
  const beyond = Object.values(unknownToModel).reduce((sum, races) => sum + races, crossing);
  expect(report.followedByModel + beyond).toBe(report.runs);
  expect(crossing).toBeLessThan(RUNS / 5);
  expect(report.forgeries.allowed).toBe(0);
  expect(report.forgeries.refused).toBeGreaterThan(RUNS / 4);
});
