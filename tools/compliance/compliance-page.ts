import { wrapProse } from '../docs/wrap-prose.ts';
import type { ComplianceResults, ControlResult } from './compliance-results.ts';

/** The same vault in both levels of the setting `compliance`. */
export interface BothLevels {
  readonly standard: ComplianceResults;
  readonly strict: ComplianceResults;
}

/** One control and one resource, whichever list it comes from. */
interface Row {
  readonly id: string;
  readonly title: string;
  readonly resource: string;
  readonly isMet: boolean;
  readonly reason: string | undefined;
}

const HEAD = `# Compliance

\`npm run docs\` generates this page from the template in both levels of the setting \`compliance\`. A test fails when it is stale, when a resource does not meet a rule and has no reason, and when a reason has no finding. The page describes the template. It is not a certificate, and an account needs more: a trail of management events, AWS Config, and Security Hub itself.

The last two columns name the resources that meet a rule or a control. If a resource does not meet it, they give the reason.

- *standard* is the default.
- *strict* is [\`compliance: strict\`](../guides/deploying.md#compliance).

These tables do not include the optional CloudFront stack. Its findings have reasons in the same way.
`;

/** `docs/generated/compliance.md`. */
export function compliancePage({ standard, strict }: BothLevels): string {
  return wrapProse(
    [
      HEAD,
      chapter(
        'HIPAA, NIST 800-53 R5, PCI DSS 3.2.1',
        'Rules of [cdk-nag](https://github.com/cdklabs/cdk-nag), in its packs HIPAA.Security, NIST.800.53.R5, PCI.DSS.321, Serverless and AwsSolutions. The second column quotes the rule, which names the fault that it looks for. In brackets are the packs of the rule, with the controls that it covers.',
        rulesOf(standard),
        rulesOf(strict),
      ),
      chapter(
        'Security Hub',
        'Controls of [Security Hub CSPM](https://docs.aws.amazon.com/securityhub/latest/userguide/securityhub-controls-reference.html) for the resource types of a vault. cdk-nag has no pack for them: `tools/compliance/controls.ts` checks each against the template.',
        controlsOf(standard.securityHub),
        controlsOf(strict.securityHub),
      ),
      chapter(
        'Control Tower, proactive controls',
        'Controls that [Control Tower](https://docs.aws.amazon.com/controltower/latest/controlreference/proactive-controls.html) checks before a deployment. If your organization has activated a control that is not met, Control Tower refuses the deployment.',
        controlsOf(standard.controlTower),
        controlsOf(strict.controlTower),
      ),
    ].join('\n'),
  );
}

function chapter(title: string, about: string, standard: readonly Row[], strict: readonly Row[]): string {
  const ids = [...new Map([...standard, ...strict].map((row) => [row.id, row.title]))];
  const rows = ids.map(([id, text]) => {
    const inLevel = (rows: readonly Row[]) => cell(rows.filter((row) => row.id === id));
    const [inStandard, inStrict] = [inLevel(standard), inLevel(strict)];
    return `| ${id} | ${text} | ${inStandard} | ${inStrict === inStandard ? 'the same' : inStrict} |`;
  });
  return `## ${title}\n\n${about}\n\n| id | what | standard | strict |\n|---|---|---|---|\n${rows.join('\n')}\n`;
}

function cell(rows: readonly Row[]): string {
  if (rows.length === 0) return 'no such resource';
  const met = rows.filter(({ isMet }) => isMet).map(({ resource }) => resource);
  const byReason = grouped(
    rows.filter(({ isMet }) => !isMet),
    ({ reason = 'NO REASON' }) => reason,
  );
  return [
    ...(met.length > 0 ? [`met: ${named(met)}`] : []),
    ...[...byReason].map(
      ([reason, some]) => `**not met**: ${named(some.map(({ resource }) => resource))}. ${reason}`,
    ),
  ].join('<br>');
}

/** Names of resources, those of one kind together: `Functions/* (8)`. */
function named(resources: readonly string[]): string {
  const kinds = grouped([...new Set(resources)], (resource) =>
    resource
      .replace(/^(Functions|Monitoring\/Alarms|HttpApi\/Api)\/[^/]+/, '$1/*')
      .replace(/^(Monitoring\/Alarms)\/.*/, '$1/*'),
  );
  return [...kinds]
    .map(([kind, some]) => (some.length === 1 ? code(some[0] ?? kind) : `${code(kind)} (${some.length})`))
    .join(', ');
}

function grouped<Item>(items: readonly Item[], keyOf: (item: Item) => string): ReadonlyMap<string, Item[]> {
  const groups = new Map<string, Item[]>();
  for (const item of items) groups.set(keyOf(item), [...(groups.get(keyOf(item)) ?? []), item]);
  return groups;
}

function code(text: string): string {
  return `\`${text}\``;
}

/** One row for a rule that several packs share, with the controls of each. */
function rulesOf({ rules }: ComplianceResults): readonly Row[] {
  const controls = new Map<string, Map<string, string>>();
  for (const { rule, pack, info } of rules) {
    const [, ids = ''] = /\(Control IDs?: (.*)\)\.?$/s.exec(info) ?? [];
    controls.set(rule, (controls.get(rule) ?? new Map()).set(pack, ids));
  }
  return rules
    .filter(
      ({ rule, resource, finding }, index) =>
        rules.findIndex(
          (one) => one.rule === rule && one.resource === resource && tailOf(one.finding) === tailOf(finding),
        ) === index,
    )
    .map((result) => ({ ...result, id: result.rule, title: titleOf(result.info, controls.get(result.rule)) }))
    .toSorted((one, other) => one.id.localeCompare(other.id, 'en'));
}

const tailOf = (finding: string) => finding.replace(/^[^[]*/, '');

function titleOf(info: string, packs: ReadonlyMap<string, string> = new Map()): string {
  const sentence = info.replace(/ - \(Control.*$/s, '').trim();
  const ids = [...packs].map(([pack, controls]) => (controls === '' ? pack : `${pack}: ${controls}`));
  return `${sentence} [${ids.join('; ')}]`;
}

function controlsOf(results: readonly ControlResult[]): readonly Row[] {
  return results.map(({ control: { id, title }, resource, isMet, reason }) => ({
    id,
    title,
    resource,
    isMet,
    reason,
  }));
}
