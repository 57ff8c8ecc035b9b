import type { Command } from 'commander';
import type {
  ConnectionStatusResponse,
  ListedConnectionResponse,
  NoNewTokensReason,
} from '../../client/contract.ts';
import { EXIT_CODES } from '../cli-error.ts';
import type { RunCommand } from '../cli-session.ts';
import { formatFacts } from '../output.ts';
import { timeInWords } from '../spans.ts';

export function addShow(program: Command, run: RunCommand): void {
  program
    .command('show')
    .description('Shows one connection: state, scopes, next rotation and expiry. Never a token.')
    .argument('<connection>', 'connection id')
    .action((connectionId: string) =>
      run(async ({ api, nowMs, output }) => {
        const status = await (await api()).status(connectionId);
        const readAtMs = await nowMs();
        const time = (at: string | undefined) => timeInWords(at, readAtMs);
        const facts = formatFacts({
          connection: status.connectionId,
          state: stateInWords(status),
          degraded: status.degraded,
          'adobe user': status.sub,
          name: status.name,
          'e-mail': status.email,
          scopes: status.scopes.join(' '),
          renewable: status.renewable ? 'yes' : 'no',
          sliding: status.sliding,
          'last error': lastErrorInWords(status),
          'failing since': time(status.failingSince),
          'next try': time(status.nextTryAt),
          'late since': time(status.lateSince),
          'connected at': time(status.connectedAt),
          'rotated at': time(status.rotatedAt),
          'next rotation': time(status.nextRotationAt),
          'grant expires': time(status.refreshExpiresAt),
          'Adobe states': time(status.statedExpiresAt),
          'user must act at': status.userActionUrl,
        });
        output.result(status, facts);
        return EXIT_CODES.ok;
      }),
    );
}

const NO_NEW_TOKENS: Readonly<Record<NoNewTokensReason, string>> = {
  not_renewable: 'there is no refresh token',
  reauthorization_required: 'the user has to consent again',
  expired: 'the grant has expired',
  seal_broken: 'no key opens its refresh token',
  disconnected: 'it was disconnected',
};

/** A connection that gives no new token never says plain `active`. */
export function stateInWords({
  state,
  noNewTokens,
}: Pick<ListedConnectionResponse, 'state' | 'noNewTokens'>): string {
  if (noNewTokens === undefined || noNewTokens === 'disconnected') return state;
  return `${state}, no new tokens: ${NO_NEW_TOKENS[noNewTokens] ?? noNewTokens}`;
}

function lastErrorInWords({ lastError, failedTries, heldByBreaker }: ConnectionStatusResponse) {
  const words = [
    lastError,
    failedTries === undefined ? undefined : `${failedTries} ${failedTries === 1 ? 'try' : 'tries'} in a row`,
    heldByBreaker ? 'held by an open breaker' : undefined,
  ].filter((word) => word !== undefined);
  return words.length === 0 ? undefined : words.join(', ');
}
