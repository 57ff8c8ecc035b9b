import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parseVaultSettings } from '../../../lib/settings/vault-settings.ts';
import { OWN_LIMITS } from '../../../tools/cost/assumptions.ts';
import { costPage } from '../../../tools/cost/cost-page.ts';
import { readMeasuredCounts } from '../../../tools/cost/measured-counts.ts';
import { PRICES, PRICES_CHECKED_ON, QUOTAS, unverifiedPrices } from '../../../tools/cost/price-list.ts';
import { scalePage } from '../../../tools/cost/scale-page.ts';
import { TEST_SETTINGS } from '../../support/synth/test-settings.ts';

const measured = readMeasuredCounts();

function committed(page: string) {
  return readFileSync(new URL(`../../../docs/${page}`, import.meta.url), 'utf8');
}

describe('The pages on cost and scale', () => {
  it('are what `npm run cost` makes of the committed counts and prices', () => {
    expect(costPage(measured), 'run `npm run cost`').toBe(committed('generated/cost.md'));
    expect(scalePage(measured), 'run `npm run cost`').toBe(committed('generated/scale.md'));
  });

  it('name every price with its source, and say which could not be verified', () => {
    const page = costPage(measured);
    for (const { source } of [...Object.values(PRICES), ...Object.values(QUOTAS)]) {
      expect(source).toMatch(/^https:\/\/\S+$/);
    }
    for (const { source } of Object.values(PRICES)) expect(page).toContain(source);
    for (const name of unverifiedPrices()) expect(page).toContain(name);
    expect(PRICES_CHECKED_ON).toMatch(/^\d{4}-\d{2}-\d{2}$/);
  });

  it('speak of the limits that the vault has by default', () => {
    const { maxSchedulesPerMinute, throttling } = parseVaultSettings(TEST_SETTINGS);
    expect(OWN_LIMITS).toEqual({ maxSchedulesPerMinute, ratePerSecond: throttling.ratePerSecond });
  });

  it('give the prices that the README names', () => {
    const [, empty = ''] = /An empty vault costs (\$\d+\.\d\d)/.exec(costPage(measured)) ?? [];
    const [, , , million = ''] =
      /\*\*Total\*\*((?: \| \*\*[\d.,]+\*\*)+)/.exec(costPage(measured))?.[1]?.split(' | ') ?? [];
    const readme = readFileSync(new URL('../../../README.md', import.meta.url), 'utf8');
    expect(readme).toContain(`An empty vault costs ${empty} a month.`);
    expect(readme).toContain(
      `A million connections whose tokens no caller reads cost $${million.replaceAll('*', '')}`,
    );
  });
});
