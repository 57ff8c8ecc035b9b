import { type Command, InvalidArgumentError } from 'commander';
import type { ListedConnectionResponse } from '../../client/contract.ts';
import { STATE_RULES } from '../../functions/core/connection/connection-states.ts';
import { EXIT_CODES } from '../cli-error.ts';
import type { CliSession, RunCommand } from '../cli-session.ts';
import { formatTable } from '../output.ts';
import { spanInWords } from '../spans.ts';
import { stateInWords } from './show-command.ts';

interface ListOptions {
  readonly state?: string;
  readonly atRiskWithin?: string;
  readonly limit?: number;
}

export function addList(program: Command, run: RunCommand): void {
  program
    .command('list')
    .description('Lists connections with their state and expiry.')
    .option('--state <state>', `only connections in this state: ${Object.keys(STATE_RULES).join(', ')}`)
    .option(
      '--at-risk-within <hours>',
      'only connections whose grant expires within this time, such as 72h or 3d',
    )
    .option('--limit <number>', 'maximum number of connections to list', wholeNumber)
    .action((options: ListOptions) =>
      run(async (session) => {
        const connections = await listAll(session, options);
        const readAtMs = await session.nowMs();
        const rows = connections.map((listed) => [
          listed.connectionId,
          stateInWords(listed),
          listed.refreshExpiresAt ?? '-',
          listed.sliding,
          listed.degraded ?? '',
          lateInWords(listed, readAtMs),
        ]);
        const heading = ['connection', 'state', 'grant expires', 'sliding', 'degraded', 'late'];
        const human = rows.length === 0 ? 'No connection matches.' : formatTable(heading, rows);
        session.output.result({ connections }, human);
        return EXIT_CODES.ok;
      }),
    );
}

function lateInWords({ lateSince }: ListedConnectionResponse, nowMs: number): string {
  const sinceMs = Date.parse(lateSince ?? '');
  return Number.isNaN(sinceMs) ? '' : `LATE by ${spanInWords(nowMs - sinceMs)}`;
}

async function listAll(
  { api, output }: CliSession,
  { state, atRiskWithin, limit = Number.POSITIVE_INFINITY }: ListOptions,
): Promise<readonly ListedConnectionResponse[]> {
  const filter = {
    ...(state !== undefined && { state }),
    ...(atRiskWithin !== undefined && { at_risk_within: atRiskWithin }),
  };
  const vault = await api();
  const connections: ListedConnectionResponse[] = [];
  let cursor: string | undefined;
  do {
    const page = await vault.list({ ...filter, ...(cursor !== undefined && { cursor }) });
    connections.push(...page.connections);
    cursor = page.nextCursor;
    if (cursor !== undefined) output.progress(`${connections.length} connections so far …`);
  } while (cursor !== undefined && connections.length < limit);
  return connections.slice(0, Math.min(limit, connections.length));
}

function wholeNumber(text: string): number {
  if (!/^[1-9][0-9]{0,8}$/.test(text)) throw new InvalidArgumentError('It must be a whole number above 0.');
  return Number(text);
}
