import { describe, expect, it } from 'vitest';
import { EXAMPLE_FUNCTION_NAME, FUNCTION_NAMES } from '../../../lib/packaging/function-names.ts';
import { readPage, readResults } from '../../../tools/bench/bench-results.ts';
import { performancePage } from '../../../tools/bench/performance-page.ts';
import { inRounds, latencyOf, quantile, rounded, spreadOf } from '../../../tools/bench/statistics.ts';

describe('The page on performance', () => {
  it('is what the bench makes of the committed figures and the budgets', () => {
    expect(readPage(), 'run `npm run bench -- --write`').toBe(performancePage(readResults()));
  });

  it('says when, where and of what', () => {
    const { date, commit, machine } = readResults();
    expect(date).toMatch(/^\d{4}-\d\d-\d\d$/);
    expect(commit).toMatch(/^[0-9a-f]{12}$/);
    for (const said of [date, commit, machine.cpu, machine.node]) expect(readPage()).toContain(said);
  });

  it('has a row for every function', () => {
    const { starts, handlers } = readResults();
    expect(starts.map(({ name }) => name).sort()).toEqual(
      expect.arrayContaining([...FUNCTION_NAMES, EXAMPLE_FUNCTION_NAME]),
    );
    // An import is made once in the life of a vault.
    const repeated = FUNCTION_NAMES.filter((name) => name !== 'import');
    expect(handlers.map(({ name }) => name).sort()).toEqual([...repeated].sort());
  });

  it('holds what was promised: no error under load, bounded memory, no call for what is in memory', () => {
    const { vendLoad, cacheMemory, calls } = readResults();
    expect(vendLoad.map(({ way, callers, errors }) => [way, callers, errors])).toEqual(
      ['direct', 'https'].flatMap((way) => [1, 8, 64].map((callers) => [way, callers, 0])),
    );
    expect(cacheMemory.tokens).toBe(1_000_000);
    expect(cacheMemory.endKilobytes).toBeLessThan(2 * cacheMemory.fullKilobytes);
    expect(calls['token from memory']).toEqual({});
    expect(calls['token by direct read']).toEqual({ 'dynamodb:GetItem': 1, 'kms:Decrypt': 1 });
    expect(calls['expired token, 200 callers in 4 processes']).toEqual({ '/ims/token/v3': 1 });
  });
});

describe('The statistics', () => {
  it('take quantiles by rank', () => {
    const hundred = Array.from({ length: 100 }, (_, at) => 100 - at);
    expect(latencyOf(hundred)).toEqual({ p50: 50, p99: 99 });
    expect(quantile([7], 0.99)).toBe(7);
    expect(spreadOf([3, 1, 2])).toEqual({ median: 2, lowest: 1, highest: 3 });
    expect(rounded(1234.5)).toBe(1230);
  });

  it('run everything in turn and leave the first round out', async () => {
    const order: string[] = [];
    const run = (name: string) => async () => order.push(name);
    const figures = await inRounds(2, { a: run('a'), b: run('b') });
    expect(order).toEqual(['a', 'b', 'a', 'b', 'a', 'b']);
    expect(figures).toEqual({ a: [3, 5], b: [4, 6] });
  });
});
