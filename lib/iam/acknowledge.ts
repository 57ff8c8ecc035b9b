// As a namespace: a name that an older version does not export is absent, and no error.
import * as cdk from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';

/**
 * Accepts one finding of the rule pack on one construct. `id` is the whole finding, such as
 * `AwsSolutions-IAM5[Resource::*]`: the bare rule name acknowledges nothing. Call it after the resources of the
 * construct exist: cdk-nag 2 reads it from them.
 */
export function acknowledge(construct: IConstruct, id: string, reason: string): void {
  acknowledgeInVersion3(construct, id, reason);
  suppressInVersion2(construct, id, reason);
}

/**
 * Accepts that a policy under `construct` names this one resource with a `*` in it. A reference to another stack has its
 * final form only once all references are resolved, which is when CDK validates the tree. cdk-nag 2 looks earlier.
 */
export function acknowledgeWildcard(construct: IConstruct, resourceArn: string, reason: string): void {
  const finding = () =>
    `AwsSolutions-IAM5[Resource::${printed(cdk.Stack.of(construct).resolve(resourceArn))}]`;
  suppressInVersion2(construct, finding(), reason);
  construct.node.addValidation({
    validate: () => {
      acknowledgeInVersion3(construct, finding(), reason);
      return [];
    },
  });
}

/** Versions of the CDK without validations have no findings of cdk-nag 3 to acknowledge. */
function acknowledgeInVersion3(construct: IConstruct, id: string, reason: string): void {
  const { Validations }: { readonly Validations?: typeof cdk.Validations } = cdk;
  Validations?.of(construct).acknowledge({ id, reason });
}

interface Suppression {
  readonly id: string;
  readonly reason: string;
  readonly applies_to?: readonly string[];
}

/**
 * Version 2 of cdk-nag reads the metadata of resources alone, in this form.
 * @see https://github.com/cdklabs/cdk-nag/blob/v2/README.md
 */
function suppressInVersion2(construct: IConstruct, finding: string, reason: string): void {
  const [, id = finding, appliesTo] = /^([^[]+)\[(.+)\]$/s.exec(finding) ?? [];
  const suppression: Suppression = { id, reason, ...(appliesTo && { applies_to: [appliesTo] }) };
  for (const resource of construct.node.findAll()) {
    if (!cdk.CfnResource.isCfnResource(resource)) continue;
    const { rules_to_suppress = [] } = (resource.getMetadata('cdk_nag') ?? {}) as {
      readonly rules_to_suppress?: readonly Suppression[];
    };
    if (rules_to_suppress.some((one) => JSON.stringify(one) === JSON.stringify(suppression))) continue;
    resource.addMetadata('cdk_nag', { rules_to_suppress: [...rules_to_suppress, suppression] });
  }
}

/** A resolved value as the rule pack prints it. */
function printed(value: unknown): string {
  // A policy variable, such as the tag of a session, is printed like a reference.
  if (typeof value === 'string') return value.replaceAll('${', '<').replaceAll('}', '>');
  const [[intrinsic, argument] = ['', undefined]] = Object.entries(value ?? {});
  if (intrinsic === 'Fn::Join' && Array.isArray(argument) && Array.isArray(argument[1])) {
    return argument[1].map(printed).join(String(argument[0]));
  }
  if (intrinsic === 'Fn::GetAtt' && Array.isArray(argument)) return `<${argument.map(printed).join('.')}>`;
  if (intrinsic === 'Fn::ImportValue') return printed(argument);
  return intrinsic === 'Ref' ? `<${String(argument)}>` : JSON.stringify(value);
}
