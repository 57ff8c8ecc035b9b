import type { Command } from 'commander';
import { CliError, EXIT_CODES, type ExitCode } from '../cli-error.ts';
import type { CliSession, RunCommand } from '../cli-session.ts';
import { placeInWords, type VaultPlace } from '../find-vault.ts';
import { type ImportReport, runImport } from '../import/run-import.ts';
import { formatTable } from '../output.ts';
import { confirm, keepStdinForAnswer, readInput } from '../user-input.ts';

interface ImportOptions {
  readonly file: string;
  readonly dryRun?: boolean;
  readonly replace?: boolean;
  readonly yes?: boolean;
}

export function addImport(program: Command, run: RunCommand): void {
  program
    .command('import')
    .description(
      'Imports refresh tokens of another system from JSON lines (docs/guides/migrating.md). Safe to repeat.',
    )
    .requiredOption('--file <path>', 'JSON lines with connectionId and refreshToken; - reads stdin')
    .option('--dry-run', 'check form, repeats, client id and expiry only, and write nothing')
    .option('--replace', 'replace existing connections with the same id')
    .option('--yes', 'do not ask for confirmation')
    .action((options: ImportOptions) => run((session) => importFile(session, options)));
}

async function importFile(session: CliSession, options: ImportOptions): Promise<ExitCode> {
  const { dryRun = false, replace = false, yes = false, file } = options;
  const { world, output, place } = session;
  if (!dryRun) keepStdinForAnswer([file], { yes });
  const text = await readInput(world, file);
  if (text.trim() === '') throw new CliError('file_empty', `${file} has no lines.`, { exitCode: 2 });
  const sentence = async () =>
    `The tokens will be imported into ${placeInWords(await place())}. ${STOP_FIRST}`;
  if (!dryRun) await confirm(world, { yes, sentence, word: 'import' });
  const report = await importAll(session, text, { dryRun, replace });
  const vault = await place();
  output.result({ dryRun, replace, vault, ...report }, inWords(report, dryRun ? vault : undefined));
  return exitCodeOf(report);
}

const STOP_FIRST =
  'Stop the system that holds these tokens now for good, first: when two systems rotate one token, its grant ends.';

async function importAll(
  { world, api, output }: CliSession,
  text: string,
  options: { readonly dryRun: boolean; readonly replace: boolean },
): Promise<ImportReport> {
  const vault = await api();
  let sent = 0;
  const deps = {
    send: (body: string) => vault.importTokens(body, options),
    sleep: world.sleep,
  };
  try {
    return await runImport(deps, text, (report, ofLines) => {
      sent = report.lines;
      output.progress(`${sent} of ${ofLines} lines …`);
    });
  } catch (error) {
    if (sent > 0)
      output.progress(
        `The import stopped after ${sent} lines. Run it again: imported lines stay as they are.`,
      );
    throw error;
  }
}

function exitCodeOf({ totals }: ImportReport): ExitCode {
  if (totals.invalid > 0) return EXIT_CODES.wrong;
  return totals.unavailable > 0 ? EXIT_CODES.unavailable : EXIT_CODES.ok;
}

/** @param triedIn the vault of a dry run */
function inWords({ lines, totals, leftOut }: ImportReport, triedIn: VaultPlace | undefined): string {
  const { imported, replaced, exists, invalid, unavailable } = totals;
  const summary = `${lines} lines: ${imported} imported, ${replaced} replaced, ${exists} existing, ${invalid} invalid, ${unavailable} unknown.`;
  const rows = leftOut.map(({ line, connectionId = '-', result, reason = '', detail = '' }) => [
    String(line),
    connectionId,
    result,
    reason,
    detail,
  ]);
  const table = formatTable(['line', 'connection', 'result', 'reason', 'detail'], rows);
  const prefix = triedIn === undefined ? '' : `Dry run in ${placeInWords(triedIn)}: nothing was written. `;
  return rows.length === 0 ? prefix + summary : `${table}\n\n${prefix}${summary}`;
}
