import type { LocalStack } from '../../../local/stack/local-stack.ts';

export interface Statement {
  readonly Action: readonly string[];
  readonly Resource: string;
}

let operators = 0;

/** What a client of the AWS SDK needs to sign on the local stack as an operator with exactly these permissions. */
export function operatorOf(stack: LocalStack, statements: readonly Statement[]) {
  operators += 1;
  const Statement = statements.map((statement) => ({ Effect: 'Allow', ...statement }));
  return {
    endpoint: stack.awsEndpointUrl,
    region: stack.iam.directory.region,
    credentials: stack.iam.addOperator(`Operator-${operators}`, { Version: '2012-10-17', Statement }),
    systemClockOffset: stack.clock.nowMs() - Date.now(),
  };
}
