import { describe, it } from 'vitest';
import { PROVIDER_MODES } from '../../../local/ims/refresh-token-rules.ts';
import { differences, readExpectations } from '../faults/expected-outcomes.ts';
import { runCrashPoints } from '../faults/run-crash-points.ts';
import { SCENARIOS } from '../faults/scenarios.ts';

/** One scenario of the search for crash points, checked against its rules and the reviewed outcomes. */
export function proveCrashPoints(name: string, modes: readonly string[]): void {
  const scenarios = SCENARIOS.filter((scenario) => scenario.name === name);
  if (scenarios.length !== 1) throw new Error(`There is no scenario ${name}.`);
  describe(name, () => {
    it.each(PROVIDER_MODES.filter((mode) => modes.includes(mode)))(
      'leaves what was expected of it, with a %s provider',
      async (mode) => {
        const { runs } = await runCrashPoints(scenarios, [mode]);
        const broken = runs.flatMap((run) =>
          run.broken.map((rule) => `${run.point} | ${run.kind}: ${rule}: ${run.line}`),
        );
        const wrong = [...broken, ...differences(readExpectations(), runs)];
        if (wrong.length > 0) throw new Error(wrong.join('\n'));
      },
    );
  });
}
