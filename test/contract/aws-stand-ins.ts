import type { AwsService } from '../../local/aws/aws-call.ts';
import { createAwsEndpoint } from '../../local/aws/aws-endpoint.ts';
import type { IamRole } from '../../local/aws/iam-directory.ts';
import { createRoleSessions } from '../../local/aws/role-sessions.ts';

export const ACCOUNT_ID = '111122223333';
export const REGION = 'us-east-1';

/** The local stack's AWS services on a free port of the loopback interface, with a caller that may do everything. */
export interface StandIns {
  /** For any AWS SDK client. */
  readonly clientConfig: {
    readonly endpoint: string;
    readonly region: string;
    readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string };
  };
  stop(): Promise<void>;
}

export interface StandInOptions {
  readonly services: AwsService[];
  readonly keyArns?: readonly string[];
  readonly roles?: readonly IamRole[];
}

export async function startStandIns({
  services,
  keyArns = [],
  roles = [],
}: StandInOptions): Promise<StandIns> {
  const caller = roleOf('caller', 'lambda.amazonaws.com');
  const root = { AWS: `arn:aws:iam::${ACCOUNT_ID}:root` };
  const keyPolicy = policyOf({ Principal: root, Action: 'kms:*', Resource: '*' });
  const endpoint = createAwsEndpoint({
    nowMs: () => Date.now(),
    services,
    directory: {
      accountId: ACCOUNT_ID,
      region: REGION,
      roles: [caller, ...roles],
      keyPolicies: new Map(keyArns.map((arn) => [arn, keyPolicy])),
      sessions: createRoleSessions(),
    },
  });
  const { url } = await endpoint.start();
  const { accessKeyId, secretAccessKey } = caller;
  return {
    clientConfig: { endpoint: url, region: REGION, credentials: { accessKeyId, secretAccessKey } },
    stop: () => endpoint.stop(),
  };
}

/** A role that may do everything and that the given service may assume. */
export function roleOf(roleName: string, trustedService: string): IamRole {
  return {
    roleName,
    roleArn: `arn:aws:iam::${ACCOUNT_ID}:role/${roleName}`,
    accessKeyId: `AKIA${roleName.toUpperCase()}`,
    secretAccessKey: `secret-of-${roleName}`,
    policies: [{ name: 'everything', document: policyOf({ Action: '*', Resource: '*' }) }],
    trust: policyOf({ Principal: { Service: trustedService }, Action: 'sts:AssumeRole' }),
  };
}

function policyOf(statement: object) {
  return { Version: '2012-10-17', Statement: [{ Effect: 'Allow', ...statement }] };
}
