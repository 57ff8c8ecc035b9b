import type { Command } from 'commander';
import { EXIT_CODES } from '../cli-error.ts';
import type { RunCommand } from '../cli-session.ts';
import { formatFacts } from '../output.ts';

export function addShow(program: Command, run: RunCommand): void {
  program
    .command('show')
    .description('Shows one connection: state, scopes, next rotation and expiry. Never a token.')
    .argument('<connection>', 'connection id')
    .action((connectionId: string) =>
      run(async ({ api, output }) => {
        const status = await (await api()).status(connectionId);
        const facts = formatFacts({
          connection: status.connectionId,
          state: status.state,
          degraded: status.degraded,
          'adobe user': status.sub,
          name: status.name,
          'e-mail': status.email,
          scopes: status.scopes.join(' '),
          renewable: status.renewable ? 'yes' : 'no',
          sliding: status.sliding,
          'connected at': status.connectedAt,
          'rotated at': status.rotatedAt,
          'next rotation': status.nextRotationAt,
          'grant expires': status.refreshExpiresAt,
          'Adobe states': status.statedExpiresAt,
          'user must act at': status.userActionUrl,
        });
        output.result(status, facts);
        return EXIT_CODES.ok;
      }),
    );
}
