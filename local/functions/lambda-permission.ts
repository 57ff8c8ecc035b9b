import type { FunctionDefinition } from '../template/load-functions.ts';

function matchesPattern(pattern: string, text: string): boolean {
  return new RegExp(
    `^${pattern
      .split('*')
      .map((part) => part.replaceAll(/[.?+^${}()|[\]\\/]/g, '\\$&'))
      .join('.*')}$`,
  ).test(text);
}

export interface ServiceInvocation {
  /** `apigateway.amazonaws.com` */
  service: string;
  /** The function or alias ARN that is called. */
  resourceArn: string;
  sourceArn: string;
}

/** Whether the function's resource policy lets the service invoke it. */
export function isInvocationPermitted(
  definition: FunctionDefinition,
  invocation: ServiceInvocation,
): boolean {
  return definition.permissions.some(
    (permission) =>
      permission.principal === invocation.service &&
      permission.resourceArn === invocation.resourceArn &&
      (permission.action === 'lambda:InvokeFunction' || permission.action === 'lambda:*') &&
      (permission.sourceArn === undefined || matchesPattern(permission.sourceArn, invocation.sourceArn)),
  );
}
