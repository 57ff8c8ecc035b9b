import { expect, test } from 'vitest';
import { EXAMPLE_NOW_MS, exampleConnection } from '../../support/fakes/example-records.ts';
import { createCensus } from '../../verify/simulation/census.ts';

/** Adobe honours no token of this grant, and its books explain no loss. */
const census = () =>
  createCensus({
    nowMs: () => EXAMPLE_NOW_MS,
    sealing: { peek: () => 'token' },
    adobe: {
      grantOf: () => 1,
      userOf: () => 1,
      endOf: () => EXAMPLE_NOW_MS + 1,
      honours: () => false,
      isStranded: () => false,
      isRevoked: () => false,
      isSliding: () => true,
      fixedGrantsInTheirLast: () => [],
      areSpent: () => false,
    },
  });

test.each([
  ['counts a dead grant that no loss explains', EXAMPLE_NOW_MS, 1],
  ['leaves out a rotation that is under way when the run ends', EXAMPLE_NOW_MS + 1, 0],
])('the census %s', (_what, untilMs, unexplained) => {
  const connection = exampleConnection({ lease: { runId: 'run', untilMs } });

  expect(census().close([connection])).toMatchObject({ unexplained });
});
