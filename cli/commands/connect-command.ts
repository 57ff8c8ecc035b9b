import type { Command } from 'commander';
import type { OpenConsentRequest } from '../../client/contract.ts';
import { EXIT_CODES, type ExitCode, usageError } from '../cli-error.ts';
import type { CliSession, RunCommand } from '../cli-session.ts';
import { formatFacts } from '../output.ts';

interface ConnectOptions {
  readonly returnTo?: string;
  readonly scopes?: readonly string[];
  readonly appState?: string;
  readonly replace?: boolean;
  readonly redeem?: string;
}

export function addConnect(program: Command, run: RunCommand): void {
  program
    .command('connect')
    .description(
      'Opens a consent session and prints the link for the user. With --redeem, completes the connection.',
    )
    .argument('<connection>', 'connection id: your own opaque key for the user, not an e-mail address')
    .option('--return-to <url>', "where the browser goes afterwards: one of the vault's return URLs")
    .option('--scopes <scope...>', 'request these scopes instead of the configured ones')
    .option('--app-state <text>', 'text that the browser brings back as app_state (22 to 256 characters)')
    .option('--replace', 'replace the present connection even when the new consent grants less')
    .option('--redeem <code>', 'the connection_code that the browser brought back; - reads stdin')
    .action((connectionId: string, options: ConnectOptions) =>
      run((session) =>
        options.redeem === undefined
          ? openSession(session, connectionId, options)
          : redeem(session, connectionId, options.redeem),
      ),
    );
}

async function openSession(
  { api, output, options: { stack } }: CliSession,
  connectionId: string,
  options: ConnectOptions,
): Promise<ExitCode> {
  const { returnTo, scopes, appState, replace } = options;
  if (returnTo === undefined) {
    throw usageError('connect needs --return-to.', 'Pass one of the URLs of the vault setting returnUrls.');
  }
  const request: OpenConsentRequest = {
    returnTo,
    ...(scopes !== undefined && { scopes }),
    ...(appState !== undefined && { appState }),
    ...(replace === true && { replace }),
  };
  const opened = await (await api()).openConsent(connectionId, request);
  output.result(
    { connectionId, ...opened },
    `Send the user this link. It works once, until ${opened.expiresAt}:

  ${opened.authorizeUrl}

The browser returns to ${returnTo} with connection_code or error in the query. Your app redeems the code.
To redeem it by hand within two minutes:

  adobe-token-vault connect ${connectionId} --stack ${stack} --redeem <connection_code>`,
  );
  return EXIT_CODES.ok;
}

async function redeem(
  { world, api, output }: CliSession,
  connectionId: string,
  code: string,
): Promise<ExitCode> {
  const connectionCode = code === '-' ? (await world.readStdin()).trim() : code;
  const redeemed = await (await api()).redeemConsent(connectionId, { connectionCode });
  const facts = formatFacts({
    connected: redeemed.connectionId,
    'adobe user': redeemed.sub,
    scopes: redeemed.scopes.join(' '),
    renewable: redeemed.renewable ? 'yes' : 'no: the grant lacks offline_access',
    'kept previous': redeemed.keptPrevious
      ? 'yes: the new consent grants less than the present one'
      : undefined,
  });
  output.result(redeemed, facts);
  return EXIT_CODES.ok;
}
