import { describe, expect, it } from 'vitest';
import { ALARMS, CANARY_ALARMS } from '../../../lib/monitoring/alarm-catalogue.ts';
import { runbooksPage } from '../../../tools/docs/runbooks-page.ts';
import { readPage } from '../../support/runbooks/runbook-page.ts';
import { CANARY_SCENARIOS, NOT_ACTED_OUT, SCENARIOS } from '../../verify/runbooks/scenarios.ts';

const scenarios = [...SCENARIOS, ...CANARY_SCENARIOS];

describe('docs/generated/runbooks.md', () => {
  it('says what the scenarios say (else run: npm run docs)', () => {
    expect(readPage('docs/generated/runbooks.md')).toBe(runbooksPage(scenarios, NOT_ACTED_OUT));
  });

  it('has each alarm once: acted out, or with a reason why not', () => {
    const listed = [...scenarios, ...NOT_ACTED_OUT].map(({ id }) => id);
    const alarms = [...ALARMS, ...CANARY_ALARMS].map(({ id }) => id);
    expect(listed.toSorted()).toEqual(alarms.toSorted());
  });
});
