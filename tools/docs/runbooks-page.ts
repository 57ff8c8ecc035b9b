import { ALARMS, CANARY_ALARMS } from '../../lib/monitoring/alarm-catalogue.ts';
import type { NotActedOut, Scenario } from '../../test/verify/runbooks/scenario.ts';
import { wrapProse } from './wrap-prose.ts';

const HEAD = `# Rehearsed runbooks

This page says which sections of [operations](../operations.md#alarms) the tests act out, and how. \`npm run docs\` generates it from \`test/verify/runbooks/\`. A test fails when it is stale, or when an alarm has no row.

Acting out a section means: the vault runs on the [local stack](../guides/local-stack.md). The fault is put in until the alarm of the template fires, on the metrics that the functions and the stand-ins measured. Then the commands are run *as the page prints them*: those of \`aws\` by SDK clients that take the options of AWS CLI 2, those of \`npx adobe-token-vault\` by the command line itself. Every command of the section is run, or the row says why not. Afterwards no alarm of the vault fires.

The tests take these steps in the operator's place: what happens at Adobe, a look at the console, a query of the logs, and "deploy again", which puts back what the template says.
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
      `**${count} of ${alarms.length} sections are acted out.**\n`,
      `| section | fault | acted out by |\n|---|---|---|\n${rows.join('\n')}\n`,
    ].join('\n'),
  );
}

function row(id: string, scenario: Scenario | undefined, reason: string | undefined): string {
  const link = `[${id}](../operations.md#${id})`;
  if (!scenario) return `| ${link} | | not acted out: ${reason ?? 'no scenario yet'} |`;
  const { fault, slow, notRun = {} } = scenario;
  const command = slow ? '`npm run verify:runbooks`' : '`npm test`';
  const left = Object.entries(notRun).map(([beginning, why]) => `. Not run: \`${beginning}\`, ${why}`);
  return `| ${link} | ${fault} | ${command}${left.join('')} |`;
}
