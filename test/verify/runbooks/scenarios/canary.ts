import type { Scenario } from '../scenario.ts';
import { purgeDeadLetters, rotateNow, withholdRotate } from './steps.ts';

export const CANARY = 'demo.canary';
const values = { canary: CANARY };

let putBack: () => void = () => undefined;

/** Acted out on a vault with a canary connection. */
export const CANARY_SCENARIOS: readonly Scenario[] = [
  {
    id: 'canary-silent',
    fault: 'Scheduler may not invoke `rotate`',
    async breaks(bench) {
      putBack = withholdRotate(bench);
      await bench.passHours(14);
    },
    async repairs(bench) {
      await rotateNow(bench, CANARY);
      // "Deploy again", as rotate-errors says.
      putBack();
      await bench.passHours(7);
      await purgeDeadLetters(bench);
    },
    quietAfterHours: 1,
  },
  {
    id: 'canary-refused',
    fault: 'The canary’s access is revoked by hand at Adobe',
    async breaks(bench) {
      bench.world.ims.user('canary').revokeGrants();
      await bench.passHours(7);
    },
    async repairs(bench, runbook) {
      await runbook.run('npx adobe-token-vault show', { values });
      await runbook.run('npx adobe-token-vault list --state suspect');
      await bench.world.connect(CANARY, 'canary', { replace: true });
    },
    quietAfterHours: 14,
  },
];
