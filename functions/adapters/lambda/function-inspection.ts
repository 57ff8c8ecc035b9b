import {
  GetAliasCommand,
  GetFunctionConfigurationCommand,
  LambdaClient,
  type LambdaClientConfig,
  ResourceNotFoundException,
} from '@aws-sdk/client-lambda';

export interface FunctionFacts {
  readonly functionArn: string;
  readonly roleArn: string;
  readonly variables: Readonly<Record<string, string>>;
  /** False while it is being made or changed, and when the last change failed. */
  readonly ready: boolean;
}

/** Looks at functions without running them. `undefined` and `false`: there is none. Throws the SDK's own errors. */
export interface FunctionInspector {
  facts(functionName: string): Promise<FunctionFacts | undefined>;
  hasAlias(functionName: string, alias: string): Promise<boolean>;
}

export function createFunctionInspector(config: LambdaClientConfig): FunctionInspector {
  const client = new LambdaClient(config);
  return {
    async facts(functionName) {
      const command = new GetFunctionConfigurationCommand({ FunctionName: functionName });
      const found = await unlessMissing(client.send(command));
      return (
        found && {
          functionArn: found.FunctionArn ?? '',
          roleArn: found.Role ?? '',
          variables: found.Environment?.Variables ?? {},
          ready: found.State === 'Active' && found.LastUpdateStatus === 'Successful',
        }
      );
    },
    async hasAlias(functionName, alias) {
      const command = new GetAliasCommand({ FunctionName: functionName, Name: alias });
      return (await unlessMissing(client.send(command))) !== undefined;
    },
  };
}

async function unlessMissing<Answer>(sent: Promise<Answer>): Promise<Answer | undefined> {
  try {
    return await sent;
  } catch (error) {
    if (error instanceof ResourceNotFoundException) return undefined;
    throw error;
  }
}
