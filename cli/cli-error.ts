/** Ends a command: what happened, and what to do. Neither sentence contains a secret. */
export class CliError extends Error {
  override readonly name = 'CliError';
  readonly code: string;
  readonly exitCode: ExitCode;
  readonly remedy: string | undefined;

  constructor(
    code: string,
    message: string,
    { exitCode, remedy, cause }: { exitCode: ExitCode; remedy?: string; cause?: unknown },
  ) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
    this.exitCode = exitCode;
    this.remedy = remedy;
  }
}

export const usageError = (message: string, remedy?: string): CliError =>
  new CliError('usage', message, { exitCode: 2, ...(remedy !== undefined && { remedy }) });

/** What a script may rely on. `docs/generated/cli.md` prints the table of meanings. */
export const EXIT_CODES = {
  ok: 0,
  /** The command did its work and something is wrong: a fault was found, a line refused, a rotation did not succeed. */
  wrong: 1,
  usage: 2,
  denied: 3,
  unavailable: 4,
} as const;

export type ExitCode = (typeof EXIT_CODES)[keyof typeof EXIT_CODES];

export const EXIT_CODE_MEANINGS: Readonly<Record<ExitCode, string>> = {
  0: 'success',
  1: 'something is wrong: a fault was found, a line was refused, a connection does not exist, or a rotation failed',
  2: 'the command line is wrong, or a confirmation is missing. Nothing was done',
  3: 'there are no AWS credentials, or they lack a permission',
  4: 'the vault, AWS or Adobe could not answer. Try again',
};
