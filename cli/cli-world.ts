import type { AwsCredentialSource } from '../client/sign-request.ts';

/** The process around a command, as far as a command may touch it. */
export interface CliWorld {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly stdout: (text: string) => void;
  readonly stderr: (text: string) => void;
  /** A user is at the terminal, so the command may ask. */
  readonly interactive: boolean;
  /** `undefined` when the user leaves without an answer. */
  readonly ask: (question: string) => Promise<string | undefined>;
  readonly readStdin: () => Promise<string>;
  readonly readFile: (path: string) => Promise<string>;
  /** The AWS SDK's own chain: environment, profile, SSO, role of the machine. */
  readonly credentials: AwsCredentialProvider;
  readonly fetch: typeof fetch;
  readonly nowMs: () => number;
  readonly sleep: (durationMs: number) => Promise<void>;
}

export type AwsCredentialProvider = Extract<AwsCredentialSource, () => unknown>;

/** Options of every command. */
export interface GlobalOptions {
  readonly stack: string;
  readonly region?: string;
  /** Of every AWS service, such as the local stack. */
  readonly endpoint?: string;
  /** The vault's API, for a caller without permission to read the stack. */
  readonly url?: string;
  readonly json?: boolean;
}

export const DEFAULT_STACK = 'AdobeTokenVault';
