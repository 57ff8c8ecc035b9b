import type { App, Stack } from 'aws-cdk-lib';
import { CfnResource } from 'aws-cdk-lib';
import { asArray, asObject, type JsonObject } from '../../test/support/synth/template.ts';
import { CONTROL_TOWER, type Control, type ControlledResource, SECURITY_HUB } from './controls.ts';
import { type RuleResult, ruleResults, type UnusedReason, unusedReasons } from './rule-packs.ts';

/** What one control says of one resource. */
export interface ControlResult {
  readonly control: Control;
  readonly resource: string;
  readonly isMet: boolean;
  readonly reason: string | undefined;
}

/** Every rule and control, asked of every resource of a vault. */
export interface ComplianceResults {
  readonly rules: readonly RuleResult[];
  readonly unused: readonly UnusedReason[];
  readonly securityHub: readonly ControlResult[];
  readonly controlTower: readonly ControlResult[];
}

interface Reasoned extends ControlledResource {
  readonly name: string;
  /** By the rule of cdk-nag, without the pack. */
  readonly reasons: ReadonlyMap<string, string>;
}

export function complianceResults(stack: Stack): ComplianceResults {
  const { template } = (stack.node.root as App).synth().getStackByName(stack.stackName);
  const rules = ruleResults(stack);
  const resources = resourcesOf(stack, template);
  const ask = (controls: readonly Control[]) =>
    controls.flatMap((control) =>
      resources.filter(({ type }) => type === control.type).map((resource) => resultOf(control, resource)),
    );
  return {
    rules,
    unused: unusedReasons(stack, rules),
    securityHub: ask(SECURITY_HUB),
    controlTower: ask(CONTROL_TOWER),
  };
}

function resultOf(control: Control, resource: Reasoned): ControlResult {
  const isMet = control.meets(resource);
  const { rule, whyNot } = control;
  const reason = rule === undefined ? whyNot : resource.reasons.get(rule);
  return { control, resource: resource.name, isMet, reason: isMet ? undefined : reason };
}

/** The resources of the template, with the reasons that stand in their metadata for cdk-nag 2. */
function resourcesOf(stack: Stack, template: JsonObject): readonly Reasoned[] {
  const names = new Map(
    stack.node
      .findAll()
      .filter((one) => CfnResource.isCfnResource(one))
      .map((one) => [String(stack.resolve(one.logicalId)), one.node.path]),
  );
  return Object.entries(asObject(template.Resources)).map(([logicalId, value]) => {
    const { Type, Properties, Metadata } = asObject(value);
    const suppressed = asArray(asObject(asObject(Metadata).cdk_nag).rules_to_suppress).map(asObject);
    return {
      logicalId,
      type: String(Type),
      properties: asObject(Properties),
      name: (names.get(logicalId) ?? logicalId).replace(/^[^/]+\/(Vault\/)?/, '').replace(/\/Resource$/, ''),
      reasons: new Map(suppressed.map(({ id, reason }) => [String(id).replace(/^.*-/, ''), String(reason)])),
    };
  });
}
