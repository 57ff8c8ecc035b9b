import { type Command, InvalidArgumentError } from 'commander';
import { createIms } from '../../functions/adapters/ims/ims-client.ts';
import { isAccessTokenTaken } from '../../functions/adapters/ims/ims-endpoints.ts';
import { Secret } from '../../functions/core/secret.ts';
import { checkedUrl } from '../aws-config.ts';
import { EXIT_CODES, usageError } from '../cli-error.ts';
import type { CliSession, RunCommand } from '../cli-session.ts';
import type { CliWorld } from '../cli-world.ts';
import { formatTable } from '../output.ts';
import type { ProbeReport } from '../probe/probe-steps.ts';
import { runProbe } from '../probe/run-probe.ts';
import { confirm, keepStdinForAnswer, readInput } from '../user-input.ts';

interface ProbeOptions {
  readonly clientId: string;
  readonly tokenFile: string;
  readonly secretFile?: string;
  readonly imsUrl: string;
  readonly graceSeconds: number;
  readonly allowSpending?: boolean;
}

const ADOBE = 'https://ims-na1.adobelogin.com';
const LONGEST_GRACE_SECONDS = 600;

export function addProbe(program: Command, run: RunCommand): void {
  program
    .command('probe')
    .description(
      'Consumes one spare grant to find out how Adobe treats your credential: rotation, sliding, use of an old token, errors, and the reach of a revocation.',
    )
    .requiredOption('--client-id <id>', 'client id of the Adobe credential')
    .requiredOption('--token-file <path>', 'file with the refresh token of the spare grant; - reads stdin')
    .option(
      '--secret-file <path>',
      'file with the client secret; - reads stdin (default: the variable ADOBE_CLIENT_SECRET)',
    )
    .option('--ims-url <url>', 'base URL of IMS', ADOBE)
    .option(
      '--grace-seconds <number>',
      'how long to wait for the end of a grace period, up to 600',
      graceSeconds,
      120,
    )
    .option('--allow-spending', 'do not ask for confirmation: the grant is consumed and revoked')
    .action((options: ProbeOptions) =>
      run(async (session) => {
        const report = await probe(session, options);
        const { clientId, imsUrl } = options;
        session.output.result({ clientId, imsUrl, ...report }, inWords(report));
        return report.stopped === undefined ? EXIT_CODES.ok : EXIT_CODES.wrong;
      }),
    );
}

async function probe({ world, output }: CliSession, options: ProbeOptions): Promise<ProbeReport> {
  const imsBaseUrl = checkedUrl(options.imsUrl, '--ims-url').href;
  if (options.tokenFile === '-' && options.secretFile === '-') {
    throw usageError(
      '--token-file and --secret-file cannot both read stdin.',
      'Pass a file for one of them.',
    );
  }
  const leave = { yes: options.allowSpending === true, flag: '--allow-spending' };
  keepStdinForAnswer([options.tokenFile, options.secretFile], leave);
  const spare = secretFrom(
    await readInput(world, options.tokenFile),
    `--token-file ${options.tokenFile} contains no refresh token.`,
  );
  const clientSecret = await clientSecretFrom(world, options.secretFile);
  await confirm(world, {
    ...leave,
    sentence: () =>
      `The grant of this refresh token, of the credential ${options.clientId} at ${imsBaseUrl}, will be consumed and revoked. Never use the grant of a connection.`,
    word: 'spend',
  });
  const clock = { nowMs: world.nowMs };
  return runProbe(
    {
      ims: createIms({ imsBaseUrl, clientId: options.clientId, clock, fetch: world.fetch }),
      isAccepted: (accessToken) => isAccessTokenTaken(imsBaseUrl, accessToken, world.fetch),
      clientSecret,
      sleep: world.sleep,
      graceSeconds: options.graceSeconds,
      progress: output.progress,
    },
    spare,
  );
}

async function clientSecretFrom(world: CliWorld, secretFile: string | undefined): Promise<Secret> {
  const text =
    secretFile === undefined ? (world.env.ADOBE_CLIENT_SECRET ?? '') : await readInput(world, secretFile);
  return secretFrom(text, 'There is no client secret: pass --secret-file, or set ADOBE_CLIENT_SECRET.');
}

function secretFrom(text: string, complaint: string): Secret {
  if (text.trim() === '') throw usageError(complaint);
  return new Secret(text.trim());
}

function graceSeconds(text: string): number {
  if (/^\d{1,3}$/.test(text) && Number(text) <= LONGEST_GRACE_SECONDS) return Number(text);
  throw new InvalidArgumentError(`It must be 0 to ${LONGEST_GRACE_SECONDS}.`);
}

function inWords({ answers, debugIds, stopped }: ProbeReport): string {
  const rows = answers.map(({ question, answer, detail }) => [question, answer, detail]);
  return [
    formatTable(['question', 'answer', 'detail'], rows),
    ...(stopped === undefined ? [] : [`\nStopped early. ${stopped}`]),
    ...(debugIds.length === 0 ? [] : [`\nAdobe's x-debug-ids: ${debugIds.join(' ')}`]),
  ].join('\n');
}
