import type { CliSession } from './cli-session.ts';
import type { ExitCode } from './exit-codes.ts';

/** Runs what a command does, and notes with which code the process shall end. */
export type RunCommand = (work: (session: CliSession) => Promise<ExitCode>) => Promise<void>;
