import { ALARMS, CANARY_ALARMS } from '../../lib/monitoring/alarm-catalogue.ts';
import type { NotActedOut, Scenario } from '../../test/verify/runbooks/scenario.ts';
import { wrapProse } from './wrap-prose.ts';

const HEAD = `# Rehearsed runbooks

This page lists the sections of [operations](../operations.md#alarms) that the tests rehearse, and how. \`npm run docs\` generates it from \`test/verify/runbooks/\`. A test fails when it is stale, or when an alarm has no row.

To rehearse a section, a test does this:

1. It runs the vault on the [local stack](../guides/local-stack.md) and injects the fault, until the alarm of the template fires. The metrics are those that the functions and the stand-ins measured.
2. It runs every command of the section *as the page prints it*. SDK clients that accept the options of AWS CLI 2 run those of \`aws\`. The command line itself runs those of \`npx adobe-token-vault\`. If a command is not run, the row gives the reason.
3. It checks that no alarm of the vault fires afterwards.

Four steps are not rehearsed as an operator takes them, so the test replaces them: a change at Adobe, a look at the console, a query of the logs, and "deploy again", for which it restores what the template says.
`;

/** `docs/generated/runbooks.md`, whole. */
export function runbooksPage(scenarios: readonly Scenario[], notActedOut: readonly NotActedOut[]): string {
  const alarms = [...ALARMS, ...CANARY_ALARMS];
  const acted = new Map(scenarios.map((scenario) => [scenario.id, scenario]));
  const reasons = new Map(notActedOut.map(({ id, reason }) => [id, reason]));
  const rows = alarms.map(({ id }) => row(id, acted.get(id), reasons.get(id)));
  const count = alarms.filter(({ id }) => acted.has(id)).length;
  return wrapProse(
    [
      HEAD,
      `**The tests rehearse ${count} of ${alarms.length} sections.**\n`,
      `| section | fault | rehearsed by |\n|---|---|---|\n${rows.join('\n')}\n`,
    ].join('\n'),
  );
}

function row(id: string, scenario: Scenario | undefined, reason: string | undefined): string {
  const link = `[${id}](../operations.md#${id})`;
  if (!scenario) return `| ${link} | | not rehearsed: ${reason ?? 'no scenario yet'} |`;
  const { fault, slow, notRun = {} } = scenario;
  const command = slow ? '`npm run verify:runbooks`' : '`npm test`';
  const left = Object.entries(notRun).map(([beginning, why]) => `. Not run: \`${beginning}\`, ${why}`);
  return `| ${link} | ${fault} | ${command}${left.join('')} |`;
}
