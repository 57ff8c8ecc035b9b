import { devNull } from 'node:os';
import type { IamRole } from '../aws/iam-directory.ts';
import type { FunctionDefinition } from '../template/load-functions.ts';

export interface FunctionVariablesDeps {
  region: string;
  awsEndpointUrl: string;
  rewriteHosts(text: string): string;
}

/** A function's own environment, as Lambda would give it: what the template says, and where and as whom it runs. */
export function functionVariables(
  { functionName, environment }: FunctionDefinition,
  role: IamRole,
  deps: FunctionVariablesDeps,
): Record<string, string> {
  return {
    ...Object.fromEntries(
      Object.entries(environment).map(([name, value]) => [name, deps.rewriteHosts(value)]),
    ),
    AWS_ACCESS_KEY_ID: role.accessKeyId,
    AWS_SECRET_ACCESS_KEY: role.secretAccessKey,
    AWS_REGION: deps.region,
    AWS_ENDPOINT_URL: deps.awsEndpointUrl,
    AWS_LAMBDA_FUNCTION_NAME: functionName,
    AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true',
    // The developer's AWS profiles must not apply here.
    AWS_CONFIG_FILE: devNull,
    AWS_SHARED_CREDENTIALS_FILE: devNull,
  };
}
