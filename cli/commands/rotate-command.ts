import type { Command } from 'commander';
import { EXIT_CODES } from '../cli-error.ts';
import type { RunCommand } from '../cli-session.ts';
import { formatFacts } from '../output.ts';

/** Outcomes after which the connection has a fresh token. */
const GOOD = new Set(['rotated', 'already-fresh', 'recovered']);
/** Nothing is wrong with the connection: it has to wait, or Adobe did not answer. */
const LATER = new Set(['busy', 'waiting', 'unknown', 'parked', 'superseded', 'still-running']);

export function addRotate(program: Command, run: RunCommand): void {
  program
    .command('rotate')
    .description('Rotates one connection now and prints the outcome. Breakers and leases still apply.')
    .argument('<connection>', 'connection id')
    .action((connectionId: string) =>
      run(async ({ api, output }) => {
        const rotation = await (await api()).rotate(connectionId);
        const facts = formatFacts({
          connection: rotation.connectionId,
          outcome: rotation.outcome,
          reason: rotation.reason,
          'user must act at': rotation.userActionUrl,
          'try again in':
            rotation.retryAfterSeconds === undefined ? undefined : `${rotation.retryAfterSeconds} seconds`,
        });
        output.result(rotation, facts);
        if (GOOD.has(rotation.outcome)) return EXIT_CODES.ok;
        return LATER.has(rotation.outcome) ? EXIT_CODES.unavailable : EXIT_CODES.wrong;
      }),
    );
}
