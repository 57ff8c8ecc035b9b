import type { Command } from 'commander';
import { EXIT_CODES } from '../cli-error.ts';
import type { RunCommand } from '../cli-session.ts';
import { explainConnection, explanationLines } from '../why/explain-connection.ts';

export function addWhy(program: Command, run: RunCommand): void {
  program
    .command('why')
    .description(
      'Explains a connection in five lines: its state, why, since when, what comes next, what to do.',
    )
    .argument('<connection>', 'connection id')
    .action((connectionId: string) =>
      run(async ({ api, nowMs, output }) => {
        const status = await (await api()).status(connectionId);
        const readAtMs = await nowMs();
        const explained = explainConnection(status, readAtMs);
        const lines = explanationLines(status.connectionId, explained, readAtMs);
        output.result({ connectionId: status.connectionId, ...explained }, lines.join('\n'));
        return EXIT_CODES.ok;
      }),
    );
}
