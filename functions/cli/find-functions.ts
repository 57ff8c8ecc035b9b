import { createFunctionInspector } from '../platform/lambda/function-inspection.ts';
import { CliError } from './cli-error.ts';
import type { CliSession } from './cli-session.ts';
import { outputOf } from './find-vault.ts';

/** The name of the vault's table Connections, as its own function `rotate` knows it. */
export async function connectionsTable(session: CliSession): Promise<string> {
  const { stack } = session.options;
  const functionName = `${outputOf(await session.stack(), 'VaultName', stack)}-rotate`;
  const facts = await createFunctionInspector(await session.aws()).facts(functionName);
  const tableName = facts?.variables.CONNECTIONS_TABLE;
  if (tableName !== undefined) return tableName;
  throw new CliError('function_not_found', `There is no function ${functionName}, or it knows no table.`, {
    exitCode: 1,
    remedy: 'Deploy the vault again: npx cdk deploy.',
  });
}
