import type { AwsCredentialSource } from '../client/sign-request.ts';

/** The process around a command, as far as a command may touch it. */
export interface CliWorld {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly stdout: (text: string) => void;
  readonly stderr: (text: string) => void;
  /** A user is at the terminal, so the command may ask. */
  readonly interactive: boolean;
  /** `undefined` when the user leaves without an answer, or the signal ends the question. */
  readonly ask: (question: string, signal?: AbortSignal) => Promise<string | undefined>;
  /** Calls back when the user wants to leave (Ctrl-C), instead of ending the process. The function that is returned stops this. */
  readonly onInterrupt: (leave: () => void) => () => void;
  /** Waits for a browser at a URL of this machine. `undefined` when something else listens there. */
  readonly receiveAt: (
    returnTo: URL,
    isMeant: (arrived: URL) => boolean,
    signal: AbortSignal,
  ) => Promise<BrowserInbox | undefined>;
  readonly readStdin: () => Promise<string>;
  readonly readFile: (path: string) => Promise<string>;
  /** The AWS SDK's own chain: environment, profile, SSO, role of the machine. */
  readonly credentials: AwsCredentialProvider;
  /** Those of another profile in the AWS configuration. */
  readonly credentialsOf: (profile: string) => AwsCredentialProvider;
  readonly fetch: typeof fetch;
  readonly nowMs: () => number;
  /** The signal ends it early. */
  readonly sleep: (durationMs: number, signal?: AbortSignal) => Promise<void>;
}

export interface BrowserInbox {
  /** The address with which the browser came; `undefined` when the signal came first. */
  readonly arrived: Promise<URL | undefined>;
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
