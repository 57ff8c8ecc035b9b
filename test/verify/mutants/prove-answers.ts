import { describe, it } from 'vitest';
import { PROVIDER_MODES } from '../../../local/ims/refresh-token-rules.ts';
import { runFirstAnswers, runShortGrace } from '../faults/answers/run-answer-faults.ts';

/** One scenario, in every way that the answer to its first post can arrive, checked against the rules. */
export function proveAnswers(name: string, modes: readonly string[]): void {
  describe(name, () => {
    it.each(PROVIDER_MODES.filter((mode) => modes.includes(mode)))(
      'loses nothing to an answer that arrived, with a %s provider',
      async (mode) => {
        const runs =
          mode === 'grace' ? await runShortGrace([name]) : (await runFirstAnswers([name], [mode])).runs;
        if (runs.length === 0) throw new Error(`There is no scenario ${name}.`);
        const broken = runs.flatMap((run) =>
          run.broken.map((rule) => `${run.detail ?? run.kind}: ${rule}: ${run.line}`),
        );
        if (broken.length > 0) throw new Error(broken.join('\n'));
      },
    );
  });
}
