import type { ExitCode } from './exit-codes.ts';

/** Ends a command with a sentence on what happened and one on what to do. Neither holds a secret. */
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
