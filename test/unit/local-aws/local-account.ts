import type { AwsService } from '../../../local/aws/aws-call.ts';
import {
  type AwsEndpoint,
  type AwsEndpointDeps,
  createAwsEndpoint,
} from '../../../local/aws/aws-endpoint.ts';
import type { IamDirectory, IamRole } from '../../../local/aws/iam-directory.ts';
import { createRoleSessions } from '../../../local/aws/role-sessions.ts';

export const accountId = '111122223333';
export const region = 'us-east-1';
/** Far from the real time, so that whatever reads the real clock shows. */
export const START_AT_MS = Date.parse('2031-03-04T05:06:07Z');

export interface Statement {
  Effect: 'Allow' | 'Deny';
  Action: string | string[];
  Resource?: string | string[];
  Principal?: unknown;
  Condition?: Record<string, Record<string, string | string[]>>;
}

export function policyOf(...statements: Statement[]) {
  return { Version: '2012-10-17', Statement: statements };
}

export function roleNamed(
  roleName: string,
  statements: Statement[],
  trustedService = 'lambda.amazonaws.com',
): IamRole {
  return {
    roleName,
    roleArn: `arn:aws:iam::${accountId}:role/${roleName}`,
    accessKeyId: `AKIA${roleName.toUpperCase()}`,
    secretAccessKey: `secret-of-${roleName}`,
    policies: [{ name: 'inline', document: policyOf(...statements) }],
    trust: policyOf({
      Effect: 'Allow',
      Principal: { Service: trustedService },
      Action: 'sts:AssumeRole',
    }),
  };
}

export function directoryOf(...roles: IamRole[]): IamDirectory {
  return { accountId, region, roles, keyPolicies: new Map(), sessions: createRoleSessions() };
}

export const allowAll: Statement = { Effect: 'Allow', Action: '*', Resource: '*' };

/** What an SDK client needs to call the endpoint as a role, with the clock of the tests. */
export function clientConfig(
  url: string,
  { accessKeyId, secretAccessKey }: IamRole,
  nowMs = () => START_AT_MS,
) {
  return {
    endpoint: url,
    region,
    credentials: { accessKeyId, secretAccessKey },
    systemClockOffset: nowMs() - Date.now(),
    maxAttempts: 1,
  };
}

/** Runs an endpoint for the length of a test. */
export async function withEndpoint(
  deps: Partial<AwsEndpointDeps> & { directory: IamDirectory; services: AwsService[] },
  test: (url: string, endpoint: AwsEndpoint) => Promise<void>,
): Promise<void> {
  const endpoint = createAwsEndpoint({ nowMs: () => START_AT_MS, ...deps });
  const { url } = await endpoint.start();
  try {
    await test(url, endpoint);
  } finally {
    await endpoint.stop();
  }
}

/** The name an SDK client gives to the refusal of a call. */
export async function errorNameOf(call: Promise<unknown>): Promise<string> {
  return call.then(
    () => 'no error',
    (error: Error) => error.name,
  );
}
