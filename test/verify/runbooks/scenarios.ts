import type { NotActedOut, Scenario } from './scenario.ts';
import { ADOBE_SCENARIOS } from './scenarios/adobe.ts';
import { DUE_SCENARIOS, NOTHING_FIRES, NOTHING_ROTATES } from './scenarios/due.ts';
import { GRANT_SCENARIOS } from './scenarios/grants.ts';
import { SERVICE_SCENARIOS } from './scenarios/service.ts';

export { CANARY, CANARY_SCENARIOS } from './scenarios/canary.ts';

/** Acted out on one vault, in this order. */
export const SCENARIOS: readonly Scenario[] = [
  ...ADOBE_SCENARIOS,
  ...GRANT_SCENARIOS,
  ...DUE_SCENARIOS,
  ...SERVICE_SCENARIOS,
  ...NOTHING_FIRES,
  ...NOTHING_ROTATES,
];

export const NOT_ACTED_OUT: readonly NotActedOut[] = [
  {
    id: 'rotate-slow',
    reason:
      'No fault of a service makes a run that long: the code keeps its budget of 52 seconds. Only a machine that stands still does, which a worker thread cannot show. Its condition is tested on measured values (`test/unit/alarms/alarm-catalogue.test.ts`).',
  },
];
