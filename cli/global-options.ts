/** What every command takes. */
export interface GlobalOptions {
  readonly stack: string;
  readonly region?: string;
  /** Of every AWS service, such as the local stack's. */
  readonly endpoint?: string;
  /** The vault's API, for who may not read the stack. */
  readonly url?: string;
  readonly json?: boolean;
}

export const DEFAULT_STACK = 'AdobeTokenVault';
