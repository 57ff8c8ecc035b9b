import { describe, expect, it } from 'vitest';
import { createAuthorizer } from '../../../local/aws/iam/authorizer.ts';
import { createRoleSessions } from '../../../local/aws/role-sessions.ts';
import { createLogPermission } from '../../../local/functions/log-permission.ts';

const logGroupArn = 'arn:aws:logs:us-east-1:123456789012:log-group:own';

function permissionOf(actions: readonly string[], resource = `${logGroupArn}:*`) {
  const problems: string[] = [];
  const document = {
    Version: '2012-10-17',
    Statement: [{ Effect: 'Allow', Action: actions, Resource: resource }],
  };
  const role = { roleName: 'writer', roleArn: 'arn:aws:iam::123456789012:role/writer', trust: {} };
  const authorizer = createAuthorizer({
    accountId: '123456789012',
    region: 'us-east-1',
    roles: [{ ...role, accessKeyId: 'a', secretAccessKey: 'b', policies: [{ name: 'own', document }] }],
    keyPolicies: new Map(),
    sessions: createRoleSessions(),
  });
  const onProblem = (sentence: string) => void problems.push(sentence);
  const definition = { functionName: 'writer', logGroupArn };
  return { problems, mayLog: createLogPermission({ definition, roleName: 'writer', authorizer, onProblem }) };
}

describe('The output of a function', () => {
  it('is written when its role may write its own log group', () => {
    const { mayLog, problems } = permissionOf(['logs:CreateLogStream', 'logs:PutLogEvents']);
    expect(mayLog()).toBe(true);
    expect(problems).toEqual([]);
  });

  it('is lost without the permission, and the stack says so once', () => {
    const { mayLog, problems } = permissionOf(['logs:CreateLogStream']);
    expect([mayLog(), mayLog()]).toEqual([false, false]);
    expect(problems).toEqual(['writer may not write its log: logs:PutLogEvents is denied.']);
  });
});
