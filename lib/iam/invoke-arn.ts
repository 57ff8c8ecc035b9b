import { ArnFormat, type Stack } from 'aws-cdk-lib';
import type { ApiRoute } from '../constructs/api-routes.ts';

export const STAGE = '$default';

export interface ApiPlace {
  readonly apiId: string;
  readonly account?: string;
  readonly region?: string;
}

/** One method and one path. (`route.grantInvoke` would widen the path to every id.) */
export function invokeArnOf(
  stack: Stack,
  { apiId, account, region }: ApiPlace,
  { method, path }: ApiRoute,
  connections: string,
): string {
  return stack.formatArn({
    service: 'execute-api',
    resource: apiId,
    resourceName: `${STAGE}/${method}${path.replace('{connectionId}', connections)}`,
    arnFormat: ArnFormat.SLASH_RESOURCE_NAME,
    ...(account !== undefined && { account }),
    ...(region !== undefined && { region }),
  });
}
