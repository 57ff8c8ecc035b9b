import { EXIT_CODES, type ExitCode } from '../cli-error.ts';
import { explainError } from '../explain-error.ts';

/** What one check has found. */
export interface Finding {
  /** Stable, for scripts. */
  readonly check: CheckName;
  /** `unknown`: it could not be checked. */
  readonly level: 'ok' | 'warning' | 'error' | 'unknown';
  readonly message: string;
  /** What to do. Present for every level but `ok`. */
  readonly remedy?: string;
  /** With `unknown`: a server could not be reached. No permission is missing. */
  readonly outOfReach?: true;
}

export type CheckName =
  | 'stack'
  | 'functions'
  | 'live-alias'
  | 'client-secret'
  | 'redirect-uri'
  | 'scopes'
  | 'refresh-key'
  | 'access-key'
  | 'connections-table'
  | 'access-tokens-table'
  | 'ephemeral-table'
  | 'schedule-group'
  | 'reconciler-schedule'
  | 'reconciler-heartbeat'
  | 'due-times'
  | 'connections'
  | 'breakers'
  | 'token-endpoint'
  | 'clock'
  | 'adobe'
  | 'api';

export const ok = (check: CheckName, message: string): Finding => ({ check, level: 'ok', message });

export const error = (check: CheckName, message: string, remedy: string): Finding => ({
  check,
  level: 'error',
  message,
  remedy,
});

export const warning = (check: CheckName, message: string, remedy: string): Finding => ({
  check,
  level: 'warning',
  message,
  remedy,
});

export const unknown = (check: CheckName, why: string): Finding => ({
  check,
  level: 'unknown',
  message: `Not checked: ${why}`,
  remedy:
    'Give your role the policy that `adobe-token-vault doctor --print-policy` prints, and run doctor again.',
});

/** The same for a failed request. If a server was out of reach, no other role is needed. */
export function notKnown(check: CheckName, { why, outOfReach }: Omit<NotKnown, 'known'>): Finding {
  const finding = unknown(check, why);
  if (!outOfReach) return finding;
  return { ...finding, outOfReach, remedy: 'Check the network and --endpoint, and run doctor again.' };
}

/** What is wrong, or one sentence when nothing is. */
export const orOk = (found: readonly Finding[], check: CheckName, message: string): readonly Finding[] =>
  found.length > 0 ? found : [ok(check, message)];

/** The answer of AWS, Adobe or the API, or why there is none. Most often the caller lacks a permission. */
export type Known<Value> = { readonly known: true; readonly value: Value } | NotKnown;

export interface NotKnown {
  readonly known: false;
  readonly why: string;
  /** The server could not be reached or could not answer. Trying again may help. */
  readonly outOfReach?: true;
}

/** @throws bugs */
export async function known<Value>(ask: () => Promise<Value>): Promise<Known<Value>> {
  try {
    return { known: true, value: await ask() };
  } catch (error) {
    const explained = explainError(error);
    if (explained === undefined) throw error;
    const { message: why, exitCode } = explained;
    return { known: false, why, ...(exitCode === EXIT_CODES.unavailable && { outOfReach: true }) };
  }
}

/** A fault comes first, then a server out of reach, which may pass, then a missing permission. */
export function exitCodeOf(findings: readonly Finding[]): ExitCode {
  if (findings.some(({ level }) => level === 'error')) return EXIT_CODES.wrong;
  if (findings.some(({ outOfReach }) => outOfReach)) return EXIT_CODES.unavailable;
  return findings.some(({ level }) => level === 'unknown') ? EXIT_CODES.denied : EXIT_CODES.ok;
}
