import type { Command } from 'commander';
import { createConnectionSource } from '../../functions/adapters/dynamodb/connection-directory.ts';
import { createConnectionStore } from '../../functions/adapters/dynamodb/connection-store.ts';
import { createDynamoDbClient } from '../../functions/adapters/dynamodb/dynamodb-client.ts';
import { createSystemRandom } from '../../functions/adapters/system/clock-and-random.ts';
import { PlatformError } from '../../functions/core/platform-error.ts';
import {
  type RestoreProgress,
  restoreConnections,
} from '../../functions/core/restore/restore-connections.ts';
import { CliError, EXIT_CODES, usageError } from '../cli-error.ts';
import { type CliSession, connectionsTable, type RunCommand } from '../cli-session.ts';

/** A scanned page may hold a megabyte. */
const CALL_TIMEOUT_MS = 15_000;
const PROGRESS_EVERY_ROWS = 200;

export function addRestore(program: Command, run: RunCommand): void {
  program
    .command('restore')
    .description(
      'Copies missing connections back from a table that a point-in-time restore created. Safe to repeat.',
    )
    .requiredOption('--from <table>', 'the restored table')
    .action(({ from }: { from: string }) =>
      run(async (session) => {
        const { read, restored, present, unreadable } = await restore(session, from);
        session.output.result(
          { from, read, restored, present, unreadable },
          [
            `${restored} of ${read} connections were missing and are restored. ${present} exist already.`,
            ...(restored > 0 ? [COMING_BACK] : []),
            ...(unreadable.length > 0 ? [`Not readable, and not restored: ${unreadable.join(', ')}`] : []),
          ].join('\n'),
        );
        return unreadable.length === 0 ? EXIT_CODES.ok : EXIT_CODES.wrong;
      }),
    );
}

const COMING_BACK = `They are suspect until their next rotation. The reconciler starts it within the hour, earliest expiry first.
Watch them with: adobe-token-vault list --state suspect`;

async function restore(session: CliSession, from: string): Promise<RestoreProgress> {
  const { output } = session;
  const nowMs = await session.nowMs();
  const tableName = await connectionsTable(session);
  if (from === tableName)
    throw usageError(`--from ${from} is the vault's own table.`, 'Pass the name of the restored table.');
  const limits = { callTimeoutMs: CALL_TIMEOUT_MS, maxAttempts: 5 };
  const client = createDynamoDbClient(limits, await session.aws());
  let reportedAt = 0;
  try {
    return await restoreConnections(
      {
        source: createConnectionSource({ client, tableName: from }),
        connections: createConnectionStore({ client, tableName }),
        clock: { nowMs: () => nowMs },
        random: createSystemRandom(),
      },
      ({ read, restored }) => {
        if (read - reportedAt < PROGRESS_EVERY_ROWS) return;
        reportedAt = read;
        output.progress(`${read} rows read, ${restored} restored …`);
      },
    );
  } catch (error) {
    if (error instanceof PlatformError && error.reason === 'ResourceNotFoundException') {
      const remedy = 'Restore it first: docs/operations.md, Point-in-time restore.';
      throw new CliError('table_not_found', `There is no table ${from}.`, { exitCode: 1, remedy });
    }
    throw error;
  }
}
