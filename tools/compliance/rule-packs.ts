import { type CfnResource, type Stack, Validations } from 'aws-cdk-lib';
import {
  AwsSolutionsChecks,
  HIPAASecurityChecks,
  type NagPack,
  type NagRuleResult,
  NIST80053R5Checks,
  PCIDSS321Checks,
  ServerlessChecks,
} from 'cdk-nag';
import type { IConstruct } from 'constructs';

/** What one rule of one pack says of one resource. */
export interface RuleResult {
  readonly pack: string;
  /** Without the pack: `LambdaDLQ`, or `DDB3` in AWS's own pack. */
  readonly rule: string;
  /** The whole finding, such as `AwsSolutions-IAM5[Resource::*]`. */
  readonly finding: string;
  /** The pack's own sentence, which names the controls of the standard. */
  readonly info: string;
  /** Path of the construct below the vault. */
  readonly resource: string;
  readonly isMet: boolean;
  /** Absent: no acknowledgement says why it is not met. */
  readonly reason: string | undefined;
}

/** An acknowledgement that answers no finding. */
export interface UnusedReason {
  readonly construct: string;
  readonly finding: string;
}

interface Applied {
  readonly ruleSuffixOverride?: string;
  readonly info: string;
  readonly node: CfnResource;
  rule(node: CfnResource): NagRuleResult;
}

const PACKS = [
  AwsSolutionsChecks,
  HIPAASecurityChecks,
  NIST80053R5Checks,
  PCIDSS321Checks,
  ServerlessChecks,
] as const;

/** Runs every pack over a stack. Rules that do not apply to a resource say nothing. */
export function ruleResults(stack: Stack): readonly RuleResult[] {
  return PACKS.flatMap((Pack) => {
    const pack = new Pack(stack);
    const results: RuleResult[] = [];
    // The pack reports findings without a reason alone. Here its rules are asked one by one.
    Object.assign(pack, {
      applyRule: (applied: Applied) => results.push(...resultsOf(pack, applied)),
    });
    pack.validateScope(stack);
    return results;
  });
}

function resultsOf(pack: NagPack, { ruleSuffixOverride, info, node, rule: check }: Applied): RuleResult[] {
  const rule = ruleSuffixOverride ?? check.name;
  const id = `${pack.readPackName}-${rule}`;
  const result = check(node);
  const about = { pack: pack.readPackName, rule, info, resource: pathOf(node) };
  if (result === 'N/A') return [];
  if (result === 'Compliant') return [{ ...about, finding: id, isMet: true, reason: undefined }];
  const findings = Array.isArray(result) ? result.map((finding) => `${id}[${finding}]`) : [id];
  if (findings.length === 0) return [{ ...about, finding: id, isMet: true, reason: undefined }];
  return findings.map((finding) => ({ ...about, finding, isMet: false, reason: reasonFor(node, finding) }));
}

/** Reasons of the tree that answer no finding of any resource below them. */
export function unusedReasons(stack: Stack, results: readonly RuleResult[]): readonly UnusedReason[] {
  const unmet = results.filter(({ isMet }) => !isMet);
  return stack.node
    .findAll()
    .flatMap((construct) =>
      [...reasonsOn(construct)]
        .filter(
          ([finding]) =>
            !unmet.some((one) => one.finding === finding && one.resource.startsWith(pathOf(construct))),
        )
        .map(([finding]) => ({ construct: pathOf(construct), finding })),
    );
}

function reasonFor(node: IConstruct, finding: string): string | undefined {
  return node.node.scopes
    .toReversed()
    .map((scope) => reasonsOn(scope).get(finding))
    .find((reason) => reason !== undefined);
}

function reasonsOn({ node }: IConstruct): ReadonlyMap<string, string> {
  return new Map(
    node.metadata
      .filter(({ type }) => type === Validations.ACKNOWLEDGED_RULES_METADATA_KEY)
      .flatMap(({ data }) => Object.entries(data as Readonly<Record<string, string>>))
      .map(([finding, reason]) => [finding.replace(/^annotation::/i, ''), reason]),
  );
}

function pathOf({ node }: IConstruct): string {
  return node.path.replace(/^[^/]+\/(Vault\/)?/, '').replace(/\/Resource$/, '');
}
