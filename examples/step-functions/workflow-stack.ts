import { fileURLToPath } from 'node:url';
import type { TokenVaultGrants } from 'adobe-token-vault';
import { Duration, Stack, type StackProps } from 'aws-cdk-lib';
import { Runtime } from 'aws-cdk-lib/aws-lambda';
import { NodejsFunction } from 'aws-cdk-lib/aws-lambda-nodejs';
import {
  DefinitionBody,
  JitterType,
  Pass,
  Result,
  StateMachine,
  Succeed,
} from 'aws-cdk-lib/aws-stepfunctions';
import { LambdaInvoke } from 'aws-cdk-lib/aws-stepfunctions-tasks';
import type { Construct } from 'constructs';

const HANDLER = fileURLToPath(new URL('handler.ts', import.meta.url));

export interface WorkflowStackProps extends StackProps {
  readonly vault: TokenVaultGrants;
}

/** A workflow whose task acts for a user. Step Functions knows the client's errors by their names. */
export class WorkflowStack extends Stack {
  constructor(scope: Construct, id: string, { vault, ...props }: WorkflowStackProps) {
    super(scope, id, props);
    const lambda = new NodejsFunction(this, 'FindCatalog', {
      entry: HANDLER,
      runtime: Runtime.NODEJS_24_X,
      bundling: { bundleAwsSDK: true },
      timeout: Duration.seconds(30),
    });
    vault.grantAccessTokens(lambda, { connections: 'acme.*' });

    // #region errors
    const task = new LambdaInvoke(this, 'Catalog', {
      lambdaFunction: lambda,
      payloadResponseOnly: true,
      retryOnServiceExceptions: true,
    });
    // Temporary failures, at Adobe or on the way: an outage may last hours.
    task.addRetry({
      errors: ['TemporarilyUnavailableError', 'VaultUnreachableError'],
      interval: Duration.seconds(30),
      backoffRate: 2,
      maxDelay: Duration.minutes(15),
      maxAttempts: 24,
      jitterStrategy: JitterType.FULL,
    });
    // Only the user can fix these: do not retry.
    task.addCatch(
      new Pass(this, 'AskTheUser', { result: Result.fromString('ask-the-user'), resultPath: '$.outcome' }),
      {
        errors: [
          'ConnectionNotFoundError',
          'ReauthorizationRequiredError',
          'NotRenewableError',
          'UserActionRequiredError',
        ],
        resultPath: '$.error',
      },
    );
    // #endregion

    new StateMachine(this, 'Workflow', {
      definitionBody: DefinitionBody.fromChainable(task.next(new Succeed(this, 'Done'))),
      timeout: Duration.hours(12),
    });
  }
}
