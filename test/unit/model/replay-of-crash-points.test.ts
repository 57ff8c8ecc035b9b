import { describe, expect, it } from 'vitest';
import { PROVIDER_MODES } from '../../../local/ims/refresh-token-rules.ts';
import { SCENARIOS } from '../../verify/faults/scenarios.ts';
import { replayCrashPoints } from '../../verify/model/replay/replayed-crash-points.ts';

/** The others take longer and are left to `npm run verify:faults`. */
const SAMPLE = [
  'rotate by vend',
  'rotate, the first answer is cut off',
  'recover by the parked schedule',
  'recover by the next claimer',
  'redeem after a disconnect',
  'rotate, a disconnect comes before the answer',
];

describe('what the real code leaves behind at every crash point is allowed by the protocol model', () => {
  it.each(SAMPLE.map((name, at) => ({ name, mode: PROVIDER_MODES[at % PROVIDER_MODES.length] ?? 'strict' })))(
    '$name: $mode',
    async ({ name, mode }) => {
      const scenarios = SCENARIOS.filter((scenario) => scenario.name === name);
      const { refused, logs, runs } = await replayCrashPoints(scenarios, [mode]);
      expect(scenarios).toHaveLength(1);
      expect(runs.length).toBeGreaterThan(0);
      expect(refused).toEqual([]);
      expect(logs).toBeGreaterThanOrEqual(runs.length);
    },
  );
});
