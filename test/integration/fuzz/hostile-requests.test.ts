import { expect, inject, it } from 'vitest';
import { runFuzz } from '../../verify/fuzz/run-fuzz.ts';

const COUNT = 2_000;

it('answers two thousand hostile requests without an error, an early write or a reflection', async () => {
  const { failures, reached, ...report } = await runFuzz({
    cdkOut: inject('cdkOut'),
    count: COUNT,
    seed: 1,
  });

  expect(failures).toEqual([]);
  expect(report).toMatchObject({
    sent: COUNT,
    serverErrors: 0,
    earlyWrites: 0,
    earlyEffects: 0,
    reflections: 0,
    unanswered: 0,
    openRedirects: 0,
    unguarded: 0,
    stackProblems: 0,
  });
  // Requests that all fail the first check would find no fault either.
  for (const depth of [
    ...['agreed', 'connected', 'consent opened', 'described', 'redeemed', 'vended', 'operated', 'erased'],
    ...['import checked', 'imported', 'over the gateway limit', 'sent back to the app', 'sent to Adobe'],
  ]) {
    expect(reached[depth], depth).toBeGreaterThan(0);
  }
});
