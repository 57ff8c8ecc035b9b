import { expect, test } from 'vitest';
import { isInvocationPermitted } from '../../../local/functions/lambda-permission.ts';
import type { FunctionDefinition } from '../../../local/template/load-functions.ts';

const functionArn = 'arn:aws:lambda:us-east-1:111122223333:function:vend';
const api = 'arn:aws:execute-api:us-east-1:111122223333:abc';

const definition: FunctionDefinition = {
  functionName: 'vend',
  functionArn,
  stackName: 'Vault',
  logicalId: 'Vend',
  modulePath: '/none',
  handlerExport: 'handler',
  environment: {},
  timeoutSeconds: 3,
  memoryMb: 128,
  roleArn: 'arn:aws:iam::111122223333:role/vend',
  logGroupArn: 'arn:aws:logs:us-east-1:123456789012:log-group:any',
  aliases: [],
  asyncSettings: new Map(),
  permissions: [
    {
      principal: 'apigateway.amazonaws.com',
      action: 'lambda:InvokeFunction',
      resourceArn: functionArn,
      sourceArn: `${api}/*/*/access-tokens/{connectionId}`,
    },
  ],
};

function ask(change: object) {
  return isInvocationPermitted(definition, {
    service: 'apigateway.amazonaws.com',
    resourceArn: functionArn,
    sourceArn: `${api}/$default/GET/access-tokens/{connectionId}`,
    ...change,
  });
}

test('the API may invoke the function for the route it was permitted for', () => {
  expect(ask({})).toBe(true);
});

test.each([
  ['another route', { sourceArn: `${api}/$default/GET/connections/{connectionId}` }],
  [
    'another API',
    {
      sourceArn: 'arn:aws:execute-api:us-east-1:111122223333:other/$default/GET/access-tokens/{connectionId}',
    },
  ],
  ['another service', { service: 'events.amazonaws.com' }],
  ['an alias that has no permission of its own', { resourceArn: `${functionArn}:live` }],
])('%s may not', (_name, change) => {
  expect(ask(change)).toBe(false);
});
