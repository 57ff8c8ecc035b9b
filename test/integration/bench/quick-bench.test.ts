import { expect, inject, test } from 'vitest';
import { readResults } from '../../../tools/bench/bench-results.ts';
import { QUICK, runBench } from '../../../tools/bench/run-bench.ts';

test('a quick bench counts the calls that the page names, and measures what it sets out to', async () => {
  const steps: string[] = [];
  const figures = await runBench({
    cdkOut: inject('cdkOut'),
    functionBundles: inject('functionBundles'),
    extent: QUICK,
    onStep: (step) => steps.push(step),
  });
  const committed = readResults();
  expect(figures.calls, 'run `npm run bench -- --write`').toEqual(committed.calls);

  const { vendLoad, vendLatency, handlers, starts, cacheHit, cacheMemory, rotationsPerSecond } = figures;
  expect(vendLoad.map(({ errors }) => errors)).toEqual([0, 0, 0, 0]);
  for (const latency of Object.values(vendLatency)) {
    expect(latency.p50).toBeGreaterThan(0);
    expect(latency.p99).toBeGreaterThanOrEqual(0);
  }
  expect(handlers).toMatchObject([{ name: 'access-token', calls: 3 }]);
  expect(handlers[0]?.whole.median).toBeGreaterThan(0);
  expect(cacheHit.client.median).toBeGreaterThan(0);
  expect(cacheMemory).toMatchObject({ tokens: QUICK.tokens, maxEntries: 1000 });
  expect(rotationsPerSecond.median).toBeGreaterThan(0);
  expect(steps).toHaveLength(5);

  // A bundle may grow or shrink a little before its page has to follow.
  const [start] = starts;
  const documented = committed.starts.find(({ name }) => name === start?.name)?.kilobytes ?? 0;
  expect(start?.kilobytes).toBeGreaterThan(0.95 * documented);
  expect(start?.kilobytes).toBeLessThan(1.05 * documented);
});
