import { createFunctionInspector } from '../functions/adapters/aws/inspection.ts';
import { CliError } from './cli-error.ts';
import type { CliSession } from './cli-session.ts';
import { outputOf } from './find-vault.ts';

/** What one of the vault's functions is told by its environment: names that no output of the stack says. */
export async function functionVariable(
  session: CliSession,
  name: 'authorize' | 'connections' | 'rotate',
  variable: string,
): Promise<string> {
  const { stack } = session.options;
  const functionName = `${outputOf(await session.stack(), 'VaultName', stack)}-${name}`;
  const facts = await createFunctionInspector(await session.aws()).facts(functionName);
  const value = facts?.variables[variable];
  if (value !== undefined) return value;
  throw new CliError(
    'function_not_found',
    `There is no function ${functionName}, or it knows no ${variable}.`,
    {
      exitCode: 1,
      remedy: 'Deploy the vault again: npx cdk deploy.',
    },
  );
}

/** The name of the vault's table Connections, as its own function `rotate` knows it. */
export const connectionsTable = (session: CliSession): Promise<string> =>
  functionVariable(session, 'rotate', 'CONNECTIONS_TABLE');
