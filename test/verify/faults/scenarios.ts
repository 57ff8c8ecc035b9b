import { CONSENT_SCENARIOS } from './consent-scenarios.ts';
import { DECISION_SCENARIOS } from './decision-scenarios.ts';
import { DISCONNECT_SCENARIOS } from './disconnect-scenarios.ts';
import { ROTATION_SCENARIOS } from './rotation-scenarios.ts';

export const SCENARIOS = [
  ...ROTATION_SCENARIOS,
  ...DECISION_SCENARIOS,
  ...DISCONNECT_SCENARIOS,
  ...CONSENT_SCENARIOS,
];
