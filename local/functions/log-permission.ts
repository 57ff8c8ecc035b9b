import type { Authorizer } from '../aws/iam/authorizer.ts';
import type { FunctionDefinition } from '../template/load-functions.ts';

export interface LogPermissionDeps {
  definition: Pick<FunctionDefinition, 'functionName' | 'logGroupArn'>;
  roleName: string;
  authorizer: Authorizer;
  onProblem(sentence: string): void;
}

/**
 * Lambda writes a function's output with the function's role. Without the permission nothing fails on AWS and the lines
 * are missing. The local stack behaves the same.
 */
export function createLogPermission(deps: LogPermissionDeps): () => boolean {
  const { definition, roleName, authorizer } = deps;
  const resource = `${definition.logGroupArn}:log-stream:local`;
  let said = false;
  return () => {
    const denied = ['logs:CreateLogStream', 'logs:PutLogEvents'].find(
      (action) => authorizer.decide({ roleName }, { action, resource, context: {} }) !== 'Allowed',
    );
    if (denied === undefined) return true;
    if (!said) deps.onProblem(`${definition.functionName} may not write its log: ${denied} is denied.`);
    said = true;
    return false;
  };
}
