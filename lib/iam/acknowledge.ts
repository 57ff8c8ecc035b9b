// As a namespace: a name that an older version does not export is absent, and no error.
import * as cdk from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';

/**
 * Accepts one finding of the rule pack on one construct. `id` is the whole finding, such as
 * `AwsSolutions-IAM5[Resource::*]`: the bare rule name acknowledges nothing. Versions of the CDK without validations have no
 * findings to acknowledge.
 */
export function acknowledge(construct: IConstruct, id: string, reason: string): void {
  const { Validations }: { readonly Validations?: typeof cdk.Validations } = cdk;
  Validations?.of(construct).acknowledge({ id, reason });
}

/**
 * Accepts that a policy under `construct` names this one resource with a `*` in it. A reference to another stack has its
 * final form only once all references are resolved, which is when CDK validates the tree.
 */
export function acknowledgeWildcard(construct: IConstruct, resourceArn: string, reason: string): void {
  construct.node.addValidation({
    validate: () => {
      const resource = printed(cdk.Stack.of(construct).resolve(resourceArn));
      acknowledge(construct, `AwsSolutions-IAM5[Resource::${resource}]`, reason);
      return [];
    },
  });
}

/** A resolved value as the rule pack prints it. */
function printed(value: unknown): string {
  if (typeof value === 'string') return value;
  const [[intrinsic, argument] = ['', undefined]] = Object.entries(value ?? {});
  if (intrinsic === 'Fn::Join' && Array.isArray(argument) && Array.isArray(argument[1])) {
    return argument[1].map(printed).join(String(argument[0]));
  }
  if (intrinsic === 'Fn::GetAtt' && Array.isArray(argument)) return `<${argument.map(printed).join('.')}>`;
  if (intrinsic === 'Fn::ImportValue') return printed(argument);
  return intrinsic === 'Ref' ? `<${String(argument)}>` : JSON.stringify(value);
}
