import type { Command } from 'commander';
import { createLambdaClient } from '../../functions/adapters/aws/clients.ts';
import { createConnectionDirectory } from '../../functions/adapters/dynamodb/connection-directory.ts';
import { createDynamoDbClient } from '../../functions/adapters/dynamodb/dynamodb-client.ts';
import { createResealer } from '../../functions/adapters/lambda/rotator.ts';
import { createSystemClock } from '../../functions/adapters/system/clock-and-random.ts';
import { type ResealProgress, resealAll } from '../../functions/core/reseal/reseal-all.ts';
import { EXIT_CODES, usageError } from '../cli-error.ts';
import { functionVariable, type RunCommand } from '../cli-session.ts';

const CALL_TIMEOUT_MS = 5_000;
const PROGRESS_EVERY_ROWS = 200;
const DEFAULT_PER_SECOND = '20';

interface Options {
  readonly perSecond: string;
  readonly after?: string;
}

export function addReseal(program: Command, run: RunCommand): void {
  program
    .command('reseal')
    .description(
      'Seals every stored token under the present KMS keys, after they were replaced. Safe to repeat.',
    )
    .option('--per-second <count>', 'maximum number of connections per second', DEFAULT_PER_SECOND)
    .option('--after <connection>', 'continue after this connection, where an earlier run was stopped')
    .action(({ perSecond, after }: Options) =>
      run(async (session) => {
        const maxPerSecond = Number(perSecond);
        if (!Number.isInteger(maxPerSecond) || maxPerSecond < 1) {
          throw usageError(`--per-second must be a whole number above 0, not ${perSecond}.`);
        }
        const functionArn = await functionVariable(session, 'connections', 'ROTATE_ALIAS_ARN');
        const tableName = await functionVariable(session, 'connections', 'CONNECTIONS_TABLE');
        const aws = await session.aws();
        const client = createDynamoDbClient({ callTimeoutMs: CALL_TIMEOUT_MS, maxAttempts: 5 }, aws);
        const report = await resealAll(
          {
            directory: createConnectionDirectory({ client, tableName }),
            resealer: createResealer({ client: createLambdaClient(aws), functionArn }),
            clock: createSystemClock(),
          },
          { maxPerSecond, ...(after !== undefined && { after }) },
          reportProgress(session.output.progress),
        );
        session.output.result(report, inWords(report));
        return report.complete && report.unreadable.length === 0 ? EXIT_CODES.ok : EXIT_CODES.wrong;
      }),
    );
}

function reportProgress(print: (sentence: string) => void): (progress: ResealProgress) => void {
  let reportedAt = 0;
  return ({ pass, read, resealed, left, after }) => {
    if (read < reportedAt) reportedAt = 0;
    if (read - reportedAt < PROGRESS_EVERY_ROWS) return;
    reportedAt = read;
    print(`Pass ${pass}: ${read} read, ${resealed} resealed, ${left} left for later, last ${after ?? '-'} …`);
  };
}

function inWords({ pass, read, left, unreadable, complete }: ResealProgress & { complete: boolean }): string {
  return [
    complete
      ? `No token of ${read} connections is sealed under a former key. Passes: ${pass}.`
      : `${left} of ${read} connections are still in use or out of reach after ${pass} passes. Run it again.`,
    ...(unreadable.length > 0
      ? [`No key opens a token of these connections, which were left as they are: ${unreadable.join(', ')}`]
      : []),
  ].join('\n');
}
