import { randomBytes } from 'node:crypto';
import type { LocalStack } from '../../../local/stack/local-stack.ts';

export interface Statement {
  readonly Action: readonly string[];
  readonly Resource: string;
}

/**
 * A role with exactly these permissions, as an account would give it to an operator, and what a client of the AWS SDK needs
 * to sign with it on the local stack.
 */
export function operatorOf(stack: LocalStack, statements: readonly Statement[]) {
  const { directory } = stack.iam;
  const roleName = `Operator-${directory.roles.length}`;
  const accessKeyId = `AKIA${randomBytes(8).toString('hex').toUpperCase()}`;
  const secretAccessKey = randomBytes(30).toString('base64url');
  directory.roles.push({
    roleName,
    roleArn: `arn:aws:iam::${directory.accountId}:role/${roleName}`,
    accessKeyId,
    secretAccessKey,
    policies: [
      {
        name: 'operator',
        document: {
          Version: '2012-10-17',
          Statement: statements.map((statement) => ({ Effect: 'Allow', ...statement })),
        },
      },
    ],
    trust: {},
  });
  return {
    endpoint: stack.awsEndpointUrl,
    region: directory.region,
    credentials: { accessKeyId, secretAccessKey },
    systemClockOffset: stack.clock.nowMs() - Date.now(),
  };
}
